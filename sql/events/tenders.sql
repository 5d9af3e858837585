-- Grain: one payment mode of a document, net of returns.
-- Inputs: document_events, tenders (all sources, with filename), tender_files (path, source),
--   event_lines.
-- Meaning: what the tenders feed says of an invoice, summed by mode, else a document's lines by
--   their tender_type. Returns reduce all modes in proportion, by largest remainder (SPEC 2).
with fed as (
    select
        document_events.source, document_events.distributor_id, document_events.document_type,
        document_events.document_no, document_events.fiscal_year,
        document_events.amount as net_amount, document_events.full_amount, tenders.tender_type,
        sum(tenders.amount) as amount
    from tenders
    join tender_files on tender_files.path = tenders.filename
    join document_events
        on document_events.source = tender_files.source
        and document_events.distributor_id = tenders.distributor_id
        and document_events.document_no = tenders.document_no
        and document_events.fiscal_year = tenders.fiscal_year
    where document_events.document_type = 'invoice'
    group by all
),

shared as (
    select
        *,
        floored_share(
            cast(net_amount * 100 as hugeint) * cast(amount * 100 as hugeint),
            cast(full_amount * 100 as hugeint)
        ) as share,
        cast(net_amount * 100 as hugeint) * cast(amount * 100 as hugeint)
        - floored_share(
            cast(net_amount * 100 as hugeint) * cast(amount * 100 as hugeint),
            cast(full_amount * 100 as hugeint)
        ) * cast(full_amount * 100 as hugeint) as rest
    from fed
),

ranked as (
    select
        *,
        row_number() over (of_document order by rest desc, tender_type) as place,
        cast(net_amount * 100 as hugeint) - sum(share) over (of_document) as left_over
    from shared
    window of_document as (
        partition by source, distributor_id, document_type, document_no, fiscal_year
    )
)

select
    source, distributor_id, document_type, document_no, fiscal_year, tender_type,
    cast(
        cast(share + cast(place <= left_over as integer) as bigint) * 0.01 as decimal(18, 2)
    ) as tender_amount
from ranked
union all by name
select
    source, distributor_id, document_type, document_no, fiscal_year, tender_type,
    cast(sum(line_amount) as decimal(18, 2)) as tender_amount
from event_lines
anti join fed using (source, distributor_id, document_type, document_no, fiscal_year)
where tender_type is not null
group by source, distributor_id, document_type, document_no, fiscal_year, tender_type
