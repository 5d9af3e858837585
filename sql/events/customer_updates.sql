-- Grain: one day on which a file changed custom fields of a partner (SPEC 2).
-- Inputs: partner_history; $cycle_start, $cycle_end, $today.
with changes as (
    select
        partner_id, seen_from as event_date,
        partner_custom is distinct from lag(partner_custom) over by_date
        and row_number() over by_date > 1 as is_update
    from partner_history
    window by_date as (partition by partner_id order by seen_from)
)

select
    'customer_update' as event, partner_id, event_date, 2 as event_rank, '' as source,
    '' as distributor_id, partner_id as document_no, 'customer_update' as document_type,
    cast(0 as smallint) as fiscal_year
from changes
where
    is_update
    and event_date >= $cycle_start and event_date < $cycle_end and event_date <= $today
