-- Grain: one award, regular or what a promotion adds.
-- Inputs: awards_in (promoted), rounding (one row: grain).
-- Meaning: weight is what it is worth in units of 0.00000000000000001; whole says with which other
--   lines of its event it is rounded: with none at grain line, else with all.
select
    awards_in.*,
    cast(awards_in.raw_units as hugeint) * (awards_in.factor_after - awards_in.factor_before)
        as weight,
    case when rounding.grain = 'line' then coalesce(awards_in.unit, '') else '' end as whole
from awards_in
cross join rounding
