-- Grain: one holding: what a grant gives, and each lower tier it falls to by one step.
-- Inputs: grants (partner_id, tier_rank, valid_from, granted_on, kind, reason), tiers (tier,
--   tier_rank), tier_steps (steps_down, valid_from, valid_to; how long a grant of the cycle is
--   held).
-- Meaning: the tier granted begins on its own day, what it falls to with its step. The fall ends
--   above the base tier, which everyone holds; setting the base tier is a holding, since it ends
--   others.
select
    grants.partner_id, tiers.tier, tiers.tier_rank,
    case when tier_steps.steps_down = 0 then grants.valid_from
        else tier_steps.valid_from end as valid_from,
    tier_steps.valid_to,
    -- Only the tier that is set ends others, on the day it is set; what it falls to does not.
    case when tier_steps.steps_down > 0 and grants.kind = 'set' then 'action'
        else grants.kind end as kind,
    case
        when tier_steps.steps_down = 0 then grants.reason
        else 'a step down from ' || above.tier || ', ' || grants.reason
    end as reason,
    grants.granted_on
from grants
join tier_steps on tier_steps.steps_down <= greatest(grants.tier_rank - 1, 0)
join tiers on tiers.tier_rank = grants.tier_rank - tier_steps.steps_down
left join tiers as above on above.tier_rank = tiers.tier_rank + 1
