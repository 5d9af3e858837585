-- Grain: one award. Inputs: awards_in (raw awards), rounding (one row: step, mode).
-- Meaning: what `rounded` comes to where every award is a whole by itself: no lines, payment modes,
--   parts or promotions, and no running sums. Nearly all programs; `rounded` takes four times as long.
select
    awards_in.*, cast(0 as bigint) as promotion_order, cast(null as varchar) as promotion,
    cast(1 as decimal(9, 3)) as multiplier,
    units_as_raw(awards_in.raw_units) as raw_points,
    units_as_points(rounded_units(awards_in.raw_units, rounding.step, rounding.mode))
        as rounded_points
from awards_in
cross join rounding
