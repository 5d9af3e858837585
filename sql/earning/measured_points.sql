-- Grain: one partner with awards in the cycle.
-- Inputs: capped_awards (of events and of the cycle, after all caps).
-- Meaning: points earned, promised or current, earn tiers; never what was spent (SPEC 5, Tiers).
select partner_id, cast(sum(points) as decimal(18, 3)) as amount
from capped_awards
group by partner_id
