-- Grain: one stretch of days of an affected partner at one tier, as a posting knows it.
-- Inputs: tier_affected, tier_standing, tier_starts, stretches (tiers/stretches); $shows_to (the
--   day after the current cycle), $base.
-- Meaning: the tier that is held, else the base tier, from the partner's first day on. Neighbours
--   of one tier are one row, with the reason of the first. valid_to is exclusive, null while the
--   tier is in force to the end of the current cycle; what begins after it is not shown.
with limits as (
    select
        tier_affected.partner_id, tier_starts.reason as first_reason,
        greatest(
            tier_starts.starts_on, coalesce(tier_affected.from_day, tier_starts.starts_on)
        ) as from_day,
        -- A partner that starts later is shown with its first day.
        greatest(cast($shows_to as date), tier_starts.starts_on + 1) as to_day
    from tier_affected
    join tier_starts on tier_starts.partner_id = tier_affected.partner_id
),

held as (
    select
        stretches.partner_id, stretches.tier, stretches.reason,
        greatest(stretches.valid_from, limits.from_day) as valid_from,
        case when stretches.valid_to < limits.to_day then stretches.valid_to end as valid_to
    from stretches
    join limits on limits.partner_id = stretches.partner_id
    where
        stretches.valid_from < limits.to_day
        and (stretches.valid_to is null or stretches.valid_to > limits.from_day)
),

-- Every day on which another tier may begin: without a tier it is the base one.
days as (
    select partner_id, valid_from as day, tier, reason from tier_standing where is_seed
    union all
    select partner_id, from_day as day, null as tier, null as reason
    from limits
    where from_day < to_day
    union all
    select partner_id, valid_from as day, tier, reason from held
    union all
    select partner_id, valid_to as day, null as tier, null as reason
    from held
    where valid_to is not null
),

by_day as (
    select
        partner_id, day, coalesce(max(tier), $base) as tier, max(reason) as reason
    from days
    group by partner_id, day
),

compared as (
    select
        *,
        lag(tier) over (partition by partner_id order by day) as tier_before,
        lag(day) over (partition by partner_id order by day) as day_before
    from by_day
),

changes as (
    select
        partner_id, day, tier, reason, tier_before,
        lag(reason) over (partition by partner_id order by day) as reason_before,
        lead(day) over (partition by partner_id order by day) as next_day
    from compared
    where day_before is null or tier is distinct from tier_before
)

select
    changes.partner_id, changes.tier,
    coalesce(
        changes.reason,
        case
            when changes.tier_before is null then limits.first_reason
            when starts_with(changes.reason_before, 'set by ')
                then 'base tier: ' || changes.tier_before || ' was set until the day before'
            else 'base tier: ' || changes.tier_before || ' was not earned again'
        end
    ) as reason,
    changes.day as valid_from, changes.next_day as valid_to
from changes
left join limits on limits.partner_id = changes.partner_id
where changes.tier is not null
