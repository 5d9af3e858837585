-- Grain: one partner with the tier that points of the cycle earned. Inputs: reached; $cycle.
select partner_id, tier, 'earned by cycle ' || $cycle || ' by its points' as reason
from reached
