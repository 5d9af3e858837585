-- Grain: one partner of a program who holds a tier, and from when.
-- Inputs: partner_rows (the partners feed as a posting read it), sales_rows (cycle_sales),
--   document_rows (sales_documents), claim_rows (month_claims), merged_rows
--   (merged_partners); $before_enrolment.
-- Meaning: the base tier is held from enrolment, or from the first document of a partner whose
--   enrolment is not known, or who may earn before it.
with enrolled as (
    select partner_id, max_by(enrolled_on, valid_from) as enrolled_on
    from partner_rows
    group by partner_id
),

asked as (
    select distinct sales_rows.partner_id
    from sales_rows
    left join enrolled on enrolled.partner_id = sales_rows.partner_id
    where enrolled.enrolled_on is null or $before_enrolment = 'earn'
),

counted as (
    select coalesce(original_partner_id, partner_id) as partner_id, document_date
    from document_rows
    where status = 'counted'
    union all
    select partner_id, document_date
    from claim_rows
    where status = 'counted'
),

-- A document of a merged partner is one of the partner it became, from the cycle of the merge on.
first_documents as (
    select
        coalesce(merged_rows.home_id, counted.partner_id) as seller,
        min(counted.document_date) as first_document
    from counted
    left join merged_rows
        on merged_rows.partner_id = counted.partner_id
        and counted.document_date >= merged_rows.cycle_start
        and counted.document_date < merged_rows.cycle_end
    where
        coalesce(merged_rows.home_id, counted.partner_id)
        in (select asked.partner_id from asked)
    group by seller
)

select
    coalesce(enrolled.partner_id, first_documents.seller) as partner_id,
    least(enrolled.enrolled_on, first_documents.first_document) as starts_on,
    case
        when enrolled.enrolled_on <= coalesce(first_documents.first_document, date '9999-12-31')
            then 'base tier from enrolment'
        else 'base tier from the first document'
    end as reason
from enrolled
full join first_documents on first_documents.seller = enrolled.partner_id
where enrolled.enrolled_on is not null or first_documents.first_document is not null
