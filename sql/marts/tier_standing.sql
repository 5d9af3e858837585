-- Grain: one stretch of days of an affected partner, believed so far, that what is known now may
--   end, lengthen or replace.
-- Inputs: tier_history, tier_affected; $program.
-- Meaning: is_seed is the stretch that the day before the first doubtful one lies in.
select
    tier_history.partner_id, tier_history.tier, tier_history.valid_from, tier_history.valid_to,
    tier_history.reason,
    coalesce(tier_history.valid_from < tier_affected.from_day, false) as is_seed
from tier_history
join tier_affected on tier_affected.partner_id = tier_history.partner_id
where
    tier_history.program = $program and tier_history.known_to is null
    and (
        tier_affected.from_day is null
        or tier_history.valid_to is null
        or tier_history.valid_to >= tier_affected.from_day
    )
