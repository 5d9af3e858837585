-- Grain: one partner and month with at least one counted document.
-- Inputs: cycle_documents.
select
    strftime(document_date, '%Y-%m') as month,
    partner_id,
    cast(sum(net_sales) as decimal(18, 2)) as net_sales,
    cast(sum(documents) as bigint) as documents
from cycle_documents
where standing = 'counted'
group by month, partner_id
