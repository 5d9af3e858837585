-- Grain: one document in force, dated in the month. Facts only: no file, line or arrival, so that
--   splitting a delivery does not change them.
-- Inputs: in_force, applied_returns, kept_documents (the month as it was, without the touched
--   families); $month_start, $month_end.
-- Meaning: an invoice's net_amount is what returns left of it and returned_documents how many of
--   them counted; a referenced return has taken, what it took, and no net_amount of its own.
-- Order: the full natural key, so that equal content is equal bytes; numbers first, since files
--   mostly come in the order of numbers and sorting what is nearly sorted is cheaper.
with reductions as (
    select
        distributor_id, family_no as document_no, original_fiscal_year as fiscal_year,
        cast(sum(taken) as decimal(18, 2)) as taken,
        cast(count(*) as integer) as returned_documents
    from applied_returns
    where status = 'counted'
    group by distributor_id, family_no, original_fiscal_year
),

month_documents as (
    select * from in_force
    where document_date >= $month_start and document_date < $month_end
),

invoices as (
    select
        month_documents.distributor_id, month_documents.document_type,
        month_documents.document_no, month_documents.fiscal_year,
        month_documents.document_date, month_documents.partner_id, month_documents.store_id,
        month_documents.amount,
        cast(month_documents.amount - coalesce(reductions.taken, 0) as decimal(18, 2))
            as net_amount,
        coalesce(reductions.returned_documents, 0) as returned_documents,
        'counted' as status,
        cast(null as varchar) as original_document_no,
        cast(null as date) as original_date,
        cast(null as varchar) as original_partner_id,
        cast(null as decimal(18, 2)) as taken,
        month_documents.line_count, month_documents.custom
    from month_documents
    left join reductions using (distributor_id, document_no, fiscal_year)
    where month_documents.document_type = 'invoice'
),

others as (
    select
        month_documents.distributor_id, month_documents.document_type,
        month_documents.document_no, month_documents.fiscal_year,
        month_documents.document_date, month_documents.partner_id, month_documents.store_id,
        month_documents.amount,
        case
            when applied_returns.status is null then month_documents.amount
            else cast(0 as decimal(18, 2))
        end as net_amount,
        0 as returned_documents,
        coalesce(applied_returns.status, 'counted') as status,
        case
            when applied_returns.status is not null then month_documents.family_no
        end as original_document_no,
        applied_returns.original_date,
        applied_returns.original_partner_id,
        cast(applied_returns.taken as decimal(18, 2)) as taken,
        month_documents.line_count, month_documents.custom
    from month_documents
    left join applied_returns
        using (distributor_id, document_type, document_no, fiscal_year)
    where
        month_documents.document_type <> 'invoice'
        and applied_returns.status is distinct from 'over_returned'
)

select * from invoices
union all by name
select * from others
union all by name
select * from kept_documents
order by document_no, distributor_id, document_type, fiscal_year
