-- Grain: one counted document with lines of some categories.
-- Inputs: cycle_documents, event_lines (net of returns), categories (category).
-- Meaning: cycle_documents, with the net sales of these lines alone.
select
    cycle_documents.* exclude (net_sales),
    cast(lines.net_sales as decimal(18, 2)) as net_sales
from cycle_documents
join (
    select
        source, distributor_id, document_type, document_no, fiscal_year,
        sum(line_amount) as net_sales
    from event_lines
    where category in (select categories.category from categories)
    group by all
) as lines using (source, distributor_id, document_type, document_no, fiscal_year)
where cycle_documents.standing = 'counted'
