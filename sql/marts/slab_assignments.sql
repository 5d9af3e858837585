-- Grain: one partner and cycle with at least one counted document (SPEC 8).
-- Inputs: work.slab_assignments, the files promoted at the journal heads shown.
-- Meaning: the slab and tier the cycle earned, or would earn as it stands while it is open; and
--   what is missing to the next slab, with what reaching it exactly would pay. net_sales are those
--   of the categories that the main table counts, of all where it names none.
select
    program, cycle, partner_id, net_sales, slab, rate, tier, slab_cap, next_slab,
    gap_to_next_slab, points_at_next_slab, next_tier, gap_to_next_tier
from work.slab_assignments
