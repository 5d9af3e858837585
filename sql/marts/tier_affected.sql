-- Grain: one partner whose tiers may be believed to be others than before, and the first cycle
--   whose tier may be: what is believed of the days before stands.
-- Inputs: tier_history, tier_starts, earlier_slabs and later_slabs (the cycles whose files
--   changed), tier_cycles; $program, $everyone (the rules of tiers changed), $new_cycle (a cycle
--   has begun since, so that what was earned may have ended), $current_no.
-- Meaning: from_no is null where all of a partner's days are believed anew.
with believed as (
    select
        partner_id, min(valid_from) as starts_on,
        bool_or(valid_to is null and not reason like 'base tier%') as holds_earned
    from tier_history
    where program = $program and known_to is null
    group by partner_id
),

earned_otherwise as (
    select
        coalesce(earlier_slabs.partner_id, later_slabs.partner_id) as partner_id,
        coalesce(earlier_slabs.cycle, later_slabs.cycle) as cycle
    from earlier_slabs
    full join later_slabs
        on later_slabs.partner_id = earlier_slabs.partner_id
        and later_slabs.cycle = earlier_slabs.cycle
    where
        later_slabs.tier is distinct from earlier_slabs.tier
        or later_slabs.slab is distinct from earlier_slabs.slab
),

grounds as (
    select earned_otherwise.partner_id, tier_cycles.cycle_no + 1 as from_no
    from earned_otherwise
    join tier_cycles on tier_cycles.cycle = earned_otherwise.cycle
    union all
    select partner_id, $current_no as from_no
    from believed
    where $new_cycle and holds_earned
    union all
    -- Before any number: a partner that is new, or that starts on another day.
    select coalesce(believed.partner_id, tier_starts.partner_id) as partner_id, -1 as from_no
    from believed
    full join tier_starts on tier_starts.partner_id = believed.partner_id
    where $everyone or tier_starts.starts_on is distinct from believed.starts_on
)

select partner_id, nullif(min(from_no), -1) as from_no
from grounds
group by partner_id
