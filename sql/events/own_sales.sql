-- Grain: one event of a partner, with what sales move with it and before it.
-- Inputs: events_in (numbered, with partner_id and event_no), cycle_documents.
-- Meaning: restate own_cycle. A return moves sales on its own date, unless its original is of the
--   same cycle: that counts less from the start. So a document counts with what the cycle's own
--   returns leave of it, whatever later ones took. sales are the document's; unheard those since
--   the event before it that are no event, highest the most that those come to on the way.
with counted as (
    select * from cycle_documents where standing = 'counted'
),

returned as (
    select
        source, distributor_id, original_document_no, original_date, sum(net_sales) as amount
    from counted
    where original_date is not null
    group by source, distributor_id, original_document_no, original_date
),

left_of as (
    select
        counted.*, cast(counted.net_sales + coalesce(returned.amount, 0) as decimal(18, 2)) as sales
    from counted
    left join returned
        on returned.source = counted.source
        and returned.distributor_id = counted.distributor_id
        and returned.original_document_no = counted.document_no
        and returned.original_date = counted.document_date
        and counted.document_type = 'invoice'
    where counted.original_date is null
),

other_returns as (
    select counted.*, counted.net_sales as sales
    from counted
    left join left_of
        on left_of.source = counted.source
        and left_of.distributor_id = counted.distributor_id
        and left_of.document_no = counted.original_document_no
        and left_of.document_date = counted.original_date
        and left_of.document_type = 'invoice'
    where counted.original_date is not null and left_of.document_no is null
),

ordered as (
    select
        events_in.partner_id, events_in.event_no, events_in.event_date, events_in.event_rank,
        events_in.source, events_in.distributor_id, events_in.document_no,
        events_in.document_type, events_in.fiscal_year, left_of.sales,
        cast(0 as decimal(18, 2)) as unheard
    from events_in
    left join left_of
        on left_of.source = events_in.source
        and left_of.distributor_id = events_in.distributor_id
        and left_of.document_no = events_in.document_no
        and left_of.document_type = events_in.document_type
        and left_of.fiscal_year = events_in.fiscal_year
        and left_of.document_date = events_in.event_date
        and left_of.partner_id = events_in.partner_id
    union all by name
    select
        partner_id, document_date as event_date, 3 as event_rank, source, distributor_id,
        document_no, document_type, fiscal_year, sales as unheard
    from left_of
    where not is_event or net_amount = 0
    union all by name
    select
        partner_id, document_date as event_date, 3 as event_rank, source, distributor_id,
        document_no, document_type, fiscal_year, sales as unheard
    from other_returns
),

followed as (
    select
        *,
        min(event_no) over (
            partition by partner_id
            order by
                event_date, event_rank, source, distributor_id, document_no, document_type,
                fiscal_year
            rows between current row and unbounded following
        ) as next_no
    from ordered
),

summed as (
    select
        *,
        sum(unheard) over (
            partition by partner_id, next_no
            order by
                event_date, event_rank, source, distributor_id, document_no, document_type,
                fiscal_year
            rows unbounded preceding
        ) as so_far
    from followed
)

select
    partner_id, next_no as event_no, cast(max(sales) as decimal(18, 2)) as sales,
    cast(sum(unheard) as decimal(18, 2)) as unheard,
    cast(max(so_far) as decimal(18, 2)) as highest
from summed
where next_no is not null
group by partner_id, next_no
