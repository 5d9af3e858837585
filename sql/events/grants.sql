-- Grain: one tier granted inside a cycle: by crossing a threshold, or by an action.
-- Inputs: events_placed (with reached_before, reached_after, tier_is_set), silent_crossings (by
--   documents that are no events), tier_changes.
-- Meaning: held from the event's date; see earning/tiers.py for how long. What was granted before a
--   tier was set on the same day is left out, as it ended with it.
with crossed as (
    select
        partner_id, event_no as from_no, event_date, 'immediate' as kind,
        max(reached_after) as tier_rank,
        'reached ' || max(coalesce(document_no, '')) as reason,
        -- With the event itself, after all that the one before it changed.
        1000000000 as action_order
    from events_placed
    where reached_after > reached_before
    group by partner_id, event_no, event_date
    union all by name
    select
        partner_id, from_no, event_date, 'immediate' as kind, tier_rank,
        'reached ' || document_no as reason,
        -- After all that the event before it changed, before the next one crosses.
        999999999 as action_order
    from silent_crossings
    union all by name
    select
        partner_id, from_no, event_date,
        case
            when kind = 'set' then 'set' when reason = 'points earned' then 'immediate'
            else 'action'
        end as kind,
        tier_rank, reason, action_order
    from tier_changes
),

numbered as (
    select
        *,
        row_number() over (
            partition by partner_id order by from_no, action_order, kind, tier_rank
        ) as change_no
    from crossed
),

ended as (
    select
        numbered.*,
        max(case when kind = 'set' then change_no end) over (
            partition by partner_id, event_date
        ) as set_no
    from numbered
)

select
    partner_id, cast(tier_rank as integer) as tier_rank, event_date as valid_from,
    event_date as granted_on, kind, reason
from ended
where (tier_rank > 0 or kind = 'set') and (set_no is null or change_no >= set_no)
