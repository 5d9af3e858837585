-- Grain: sales between one event of a partner and the event before it, which are no event.
-- Inputs: events_in (numbered), cycle_documents.
-- Meaning: restate own_cycle: a return moves the sales of its own date, and an invoice of which
--   nothing is left has moved those of its date all the same. amount is what they come to, highest
--   the most they come to on the way. With original_cycle there are none.
with ordered as (
    select
        partner_id, event_no, event_date, event_rank, source, distributor_id, document_no,
        document_type, fiscal_year, cast(0 as decimal(18, 2)) as amount
    from events_in
    union all by name
    select
        partner_id, document_date as event_date, 3 as event_rank, source, distributor_id,
        document_no, document_type, fiscal_year, net_sales as amount
    from cycle_documents
    where standing = 'counted' and net_sales <> 0 and not (is_event and net_amount <> 0)
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
        sum(amount) over (
            partition by partner_id, next_no
            order by
                event_date, event_rank, source, distributor_id, document_no, document_type,
                fiscal_year
            rows unbounded preceding
        ) as so_far
    from followed
)

select
    partner_id, next_no as event_no, cast(sum(amount) as decimal(18, 2)) as amount,
    cast(max(so_far) as decimal(18, 2)) as highest
from summed
where next_no is not null
group by partner_id, next_no
having max(abs(amount)) > 0
