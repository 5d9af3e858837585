-- Grain: one tier above the base that a partner earned by a closed cycle: a grant.
-- Inputs: earned (partner_id, tier, reason; the base tier may be in it), tiers (tier, tier_rank);
--   $last_day of the cycle.
-- Meaning: granted at the close, after everything that happened on the last day, and held from
--   the day after it.
select
    earned.partner_id, tiers.tier_rank, cast($last_day as date) + 1 as valid_from,
    cast($last_day as date) as granted_on, 'earned' as kind, earned.reason
from earned
join tiers on tiers.tier = earned.tier
where tiers.tier_rank > 0
