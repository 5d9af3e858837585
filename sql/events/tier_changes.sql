-- Grain: one change of tier inside the cycle: by an action, or by points earned.
-- Inputs: tier_actions (events with action set_tier or upgrade_tier), events_placed, capped_awards
--   (awards after caps), tier_steps (one row: thresholds: of ranks 1 and up; by_points).
-- Meaning: events after it see it. Points are those of events so far, after caps; a tier once
--   reached stays reached.
with acted as (
    select
        tier_actions.partner_id, tier_actions.event_no + 1 as from_no, tier_actions.event_date,
        case tier_actions.action when 'set_tier' then 'set' else 'upgrade' end as kind,
        tier_actions.target_rank as tier_rank,
        coalesce(max(events_placed.reached_after), 0) as reached,
        'rule ' || tier_actions.rule as reason,
        tier_actions.action_order
    from tier_actions
    left join events_placed
        on events_placed.partner_id = tier_actions.partner_id
        and events_placed.event_no = tier_actions.event_no
    where tier_actions.action in ('set_tier', 'upgrade_tier')
    group by all
),

earned as (
    select
        capped_awards.partner_id, capped_awards.event_no, capped_awards.event_date,
        sum(capped_awards.points) as points
    from capped_awards
    cross join tier_steps
    where tier_steps.by_points and capped_awards.period_key is null
    group by capped_awards.partner_id, capped_awards.event_no, capped_awards.event_date
),

running as (
    select
        *,
        sum(points) over (
            partition by partner_id order by event_no rows unbounded preceding
        ) as level
    from earned
),

reached as (
    select
        running.partner_id, running.event_no, running.event_date,
        len(list_filter(tier_steps.thresholds, lambda step: step <= running.level)) as tier_rank
    from running
    cross join tier_steps
),

crossed as (
    select
        *,
        coalesce(
            max(tier_rank) over (
                partition by partner_id order by event_no
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as rank_before
    from reached
)

select partner_id, from_no, event_date, kind, tier_rank, reached, reason, action_order
from acted
union all by name
select
    partner_id, event_no + 1 as from_no, event_date, 'upgrade' as kind, tier_rank,
    -- Its own points come before what its rules say of the tier.
    0 as reached, 'points earned' as reason, -1 as action_order
from crossed
where tier_rank > rank_before
