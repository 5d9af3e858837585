-- Grain: one award, with its place among the awards of its partner, without what is the same for all.
-- Inputs: rows_in (awards before caps).
-- Meaning: `placed_alone`, where neither caps nor rules ask for more; the columns come back after the
--   caps (earning/allocations.py).
select
    * exclude (
        unit, line_no, slab, promotion_order, promotion, multiplier, period_key, uses_proportions,
        first_on, is_projected, rules_version, capped_by, forgone_by
    ),
    event_no * 10000000000 + cast(rule_order as bigint) * 100 + part_no as place
from rows_in
