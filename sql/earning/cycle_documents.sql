-- Grain: one staged document whose amounts belong to the cycle, and what stands in its way.
-- Inputs: sales_documents (of the cycle or one of its months, all sources, with filename),
--   input_files (path, source), partners (history, all sources), settings (one row: restate,
--   before_enrolment, has_partner_feed).
-- Meaning: restate original_cycle: an invoice counts with what returns left of it, its
--   referenced returns not on their own; own_cycle: each counts its amount on its own date, for
--   the partner of the original. documents is how many documents' amounts are in net_sales.
--   standing: counted, parked, unmatched (partner not known yet), before_enrolment, inactive.
with partner_now as (
    select partner_id, max_by(enrolled_on, valid_from) as enrolled_on
    from partners
    group by partner_id
),

inactive as (
    select partner_id, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to
    from partners
    where status = 'inactive'
),

measured as (
    select
        input_files.source, sales_documents.distributor_id, sales_documents.document_type,
        sales_documents.document_no, sales_documents.fiscal_year,
        sales_documents.document_date, sales_documents.status,
        coalesce(sales_documents.original_partner_id, sales_documents.partner_id) as partner_id,
        case
            when settings.restate = 'original_cycle' then sales_documents.net_amount
            when sales_documents.original_date is not null
                then cast(-sales_documents.taken as decimal(18, 2))
            when sales_documents.status = 'counted' then sales_documents.amount
            else cast(0 as decimal(18, 2))
        end as net_sales,
        case
            when settings.restate = 'original_cycle' then 1 + sales_documents.returned_documents
            else 1
        end as documents,
        settings.before_enrolment, settings.has_partner_feed
    from sales_documents
    join input_files on input_files.path = sales_documents.filename
    cross join settings
    where settings.restate = 'own_cycle' or sales_documents.original_date is null
)

select
    measured.source, measured.distributor_id, measured.document_type, measured.document_no,
    measured.fiscal_year, measured.document_date, measured.partner_id, measured.net_sales,
    measured.documents,
    case
        when measured.status <> 'counted' then measured.status
        when measured.has_partner_feed and partner_now.partner_id is null then 'unmatched'
        when
            measured.before_enrolment = 'ignore'
            and measured.document_date < partner_now.enrolled_on
            then 'before_enrolment'
        when exists (
            select 1
            from inactive
            where
                inactive.partner_id = measured.partner_id
                and measured.document_date >= inactive.valid_from
                and measured.document_date < inactive.valid_to
        ) then 'inactive'
        else 'counted'
    end as standing
from measured
left join partner_now using (partner_id)
