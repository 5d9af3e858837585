-- Grain: one tier granted to a partner by a rule on releases.
-- Inputs: release_actions, tiers (tier, tier_rank); $day.
-- Meaning: from the day of the release on. Releases come in the morning, before the day's events:
--   a tier that one of those sets ends the grant.
select distinct
    release_actions.partner_id, tiers.tier_rank, cast($day as date) as valid_from,
    cast($granted_on as date) as granted_on, 'action' as kind,
    'rule ' || release_actions.rule as reason
from release_actions
join tiers on tiers.tier = release_actions.target
where release_actions.action = 'upgrade_tier'
