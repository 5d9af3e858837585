-- Grain: one stretch of days of an affected partner, believed so far, that what is known now may
--   end, lengthen or replace.
-- Inputs: tier_history, tier_affected, tier_cycles; $program.
-- Meaning: is_seed is the stretch that the day before the first doubtful cycle lies in.
select
    tier_history.partner_id, tier_history.tier, tier_history.valid_from, tier_history.valid_to,
    tier_history.reason,
    coalesce(tier_history.valid_from < tier_cycles.starts_on, false) as is_seed
from tier_history
join tier_affected on tier_affected.partner_id = tier_history.partner_id
left join tier_cycles on tier_cycles.cycle_no = tier_affected.from_no
where
    tier_history.program = $program and tier_history.known_to is null
    and (
        tier_affected.from_no is null
        or tier_history.valid_to is null
        or tier_history.valid_to >= tier_cycles.starts_on
    )
