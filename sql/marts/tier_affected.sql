-- Grain: one partner whose tiers may be believed to be others than before.
-- Inputs: tier_history, tier_starts, earlier_slabs and later_slabs (the cycles whose files
--   changed; the latter with filename); $program, $everyone (the rules of tiers changed),
--   $new_cycle (a cycle has begun since, so that what was earned may have ended).
with believed as (
    select
        partner_id, min(valid_from) as starts_on,
        bool_or(valid_to is null and not reason like 'base tier%') as holds_earned
    from tier_history
    where program = $program and known_to is null
    group by partner_id
),

earned_otherwise as (
    select coalesce(earlier_slabs.partner_id, later_slabs.partner_id) as partner_id
    from earlier_slabs
    full join later_slabs
        on later_slabs.partner_id = earlier_slabs.partner_id
        and later_slabs.cycle = earlier_slabs.cycle
    where
        later_slabs.tier is distinct from earlier_slabs.tier
        or later_slabs.slab is distinct from earlier_slabs.slab
)

select partner_id from earned_otherwise
union
select coalesce(believed.partner_id, tier_starts.partner_id) as partner_id
from believed
full join tier_starts on tier_starts.partner_id = believed.partner_id
where
    $everyone
    or tier_starts.starts_on is distinct from believed.starts_on
    or ($new_cycle and believed.holds_earned)
