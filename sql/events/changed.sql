-- Grain: one event with the tier that earlier events of the cycle left.
-- Inputs: events_in (with tier_rank, tier_is_set, reached_before), tier_changes (partner_id,
--   from_no: the first event that sees it, kind: set or upgrade, tier_rank, reached: the rank that
--   sales had reached by then, action_order: of the changes of one event), tiers (tier, tier_rank),
--   holdings (granted before the cycle's events were looked at: by releases also inside the cycle).
-- Meaning: an upgrade never lowers; what is set ends what was held before, and what comes after
--   counts again, also what a release granted since. A tier set by hand stands above both.
with places as (
    select distinct partner_id, event_no, event_date from events_in
),

-- One event may change the tier more than once: the changes of a partner in their order.
changes as (
    select
        *,
        row_number() over (
            partition by partner_id order by from_no, action_order, kind, tier_rank
        ) as change_no
    from tier_changes
),

last_set as (
    select
        places.partner_id, places.event_no, places.event_date,
        max(tier_changes.change_no) as set_no,
        max_by(tier_changes.event_date, tier_changes.change_no) as set_on,
        max_by(tier_changes.tier_rank, tier_changes.change_no) as tier_rank,
        max_by(tier_changes.reached, tier_changes.change_no) as reached
    from places
    join changes as tier_changes
        on tier_changes.partner_id = places.partner_id
        and tier_changes.kind = 'set'
        and tier_changes.from_no <= places.event_no
    group by places.partner_id, places.event_no, places.event_date
),

released as (
    select last_set.partner_id, last_set.event_no, max(holdings.tier_rank) as tier_rank
    from last_set
    join holdings
        on holdings.partner_id = last_set.partner_id
        and holdings.granted_on >= last_set.set_on
        and holdings.kind <> 'override'
        and last_set.event_date >= holdings.valid_from
        and last_set.event_date < coalesce(holdings.valid_to, date '9999-12-31')
    group by last_set.partner_id, last_set.event_no
),

raised as (
    select
        places.partner_id, places.event_no, max(tier_changes.tier_rank) as tier_rank
    from places
    left join last_set
        on last_set.partner_id = places.partner_id and last_set.event_no = places.event_no
    join changes as tier_changes
        on tier_changes.partner_id = places.partner_id
        and tier_changes.kind = 'upgrade'
        and tier_changes.from_no <= places.event_no
        and tier_changes.change_no > coalesce(last_set.set_no, 0)
    group by places.partner_id, places.event_no
),

ranked as (
    select
        events_in.* exclude (tier, tier_rank),
        case
            when events_in.tier_is_set then events_in.tier_rank
            when last_set.set_no is not null then greatest(
                last_set.tier_rank, raised.tier_rank, released.tier_rank,
                case when events_in.reached_before > last_set.reached
                    then events_in.reached_before end
            )
            else greatest(events_in.tier_rank, raised.tier_rank)
        end as tier_rank
    from events_in
    left join last_set
        on last_set.partner_id = events_in.partner_id and last_set.event_no = events_in.event_no
    left join raised
        on raised.partner_id = events_in.partner_id and raised.event_no = events_in.event_no
    left join released
        on released.partner_id = events_in.partner_id and released.event_no = events_in.event_no
)

select ranked.*, tiers.tier
from ranked
join tiers on tiers.tier_rank = ranked.tier_rank
