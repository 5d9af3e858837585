-- Grain: one partner with the tier that the cycle earned, also without sales in it.
-- Inputs: reached; $cycle, $measured_by (its points, or net sales of so many cycles).
select
    partner_id, tier, 'earned by cycle ' || $cycle || ' by ' || $measured_by as reason
from reached
