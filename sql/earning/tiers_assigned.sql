-- Grain: one partner with sales, and the tier that the cycle earned. Inputs: slab_assigned.
select
    partner_id, tier, cast(null as integer) as tier_rank, next_tier, gap_to_next_tier
from slab_assigned
