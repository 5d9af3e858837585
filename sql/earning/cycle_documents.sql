-- Grain: one staged document or claim whose amounts belong to the cycle, and what stands in its
--   way.
-- Inputs: sales_documents (of the cycle or one of its months, all sources, with filename),
--   input_files (path, source), claims (month_claims of the same time), homes (partner_id,
--   home_id: partners merged by the end of the cycle), identities (partner_id, home_id, seen_from,
--   seen_to: who a merged partner was when), partners (history, all sources), settings (one row: restate, before_enrolment, has_partner_feed).
-- Meaning: restate original_cycle: an invoice counts with what returns left of it, its
--   referenced returns not on their own; own_cycle: each counts its amount on its own date, for
--   the partner of the original. documents is how many documents' amounts are in net_sales.
--   partner_id is whose sales they are: a merged partner's are those of the one it became, also
--   where they are dated before the merge; who the merged partner was on the day is judged. A referenced return is judged as its original is, whenever it comes: of a
--   sale that does not count it takes nothing.
--   net_amount is what an event is about, whatever restate says: what returns leave of an
--   invoice; a referenced return is no event (is_event).
--   standing: counted, parked, unmatched (partner not known yet), before_enrolment, inactive; of
--   claims also superseded, submitted, rejected.
with partner_now as (
    select partner_id, max_by(enrolled_on, valid_from) as enrolled_on
    from partners
    group by partner_id
),

-- Lists: a subquery for each document took 12 of 136 seconds of work (10 million documents).
inactive as (
    select
        partner_id,
        list({'since': valid_from, 'until': coalesce(valid_to, date '9999-12-31')}) as spans
    from partners
    where status = 'inactive'
    group by partner_id
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
        sales_documents.net_amount, sales_documents.amount,
        sales_documents.original_date is null as is_event,
        sales_documents.original_document_no, sales_documents.original_date,
        coalesce(sales_documents.original_date, sales_documents.document_date) as judged_on,
        sales_documents.store_id, sales_documents.custom
    from sales_documents
    join input_files on input_files.path = sales_documents.filename
    cross join settings
    where settings.restate = 'own_cycle' or sales_documents.original_date is null
    union all by name
    select
        source, distributor_id, 'claim' as document_type, document_no, fiscal_year,
        document_date, status, partner_id, amount as net_sales, 1 as documents,
        amount as net_amount, amount, true as is_event,
        cast(null as varchar) as original_document_no, cast(null as date) as original_date,
        document_date as judged_on, cast(null as varchar) as store_id,
        cast(null as varchar) as custom
    from claims
),

owned as (
    select
        measured.*,
        coalesce(homes.home_id, measured.partner_id) as home_id,
        coalesce(identities.home_id, measured.partner_id) as judged_id
    from measured
    left join homes on homes.partner_id = measured.partner_id
    left join identities
        on identities.partner_id = measured.partner_id
        and measured.judged_on >= identities.seen_from
        and measured.judged_on < identities.seen_to
)

select
    owned.source, owned.distributor_id, owned.document_type, owned.document_no,
    owned.fiscal_year, owned.document_date, owned.home_id as partner_id, owned.net_sales,
    owned.documents, owned.net_amount, owned.amount, owned.is_event, owned.store_id, owned.custom,
    owned.original_document_no, owned.original_date,
    case
        when owned.status <> 'counted' then owned.status
        when settings.has_partner_feed and partner_now.partner_id is null then 'unmatched'
        when
            settings.before_enrolment = 'ignore'
            and owned.judged_on < partner_now.enrolled_on
            then 'before_enrolment'
        when len(list_filter(
            inactive.spans,
            lambda span: owned.judged_on >= span.since and owned.judged_on < span.until
        )) > 0 then 'inactive'
        else 'counted'
    end as standing
from owned
cross join settings
left join partner_now on partner_now.partner_id = owned.judged_id
left join inactive on inactive.partner_id = owned.judged_id
