-- Grain: one holding that bears on the cycle.
-- Inputs: earlier_holdings (tier_holdings of earlier cycles, tier_grants of releases),
--   override_holdings (of instructions as they are now), tiers.
-- Meaning: what earlier cycles wrote of instructions gives way to what they say now.
select
    earlier_holdings.partner_id, earlier_holdings.tier, tiers.tier_rank,
    earlier_holdings.valid_from, earlier_holdings.valid_to, earlier_holdings.kind,
    earlier_holdings.reason, earlier_holdings.granted_on
from earlier_holdings
join tiers on tiers.tier = earlier_holdings.tier
where earlier_holdings.kind <> 'override'
union all by name
select
    partner_id, tier, tier_rank, valid_from, valid_to, kind, reason, granted_on
from override_holdings
