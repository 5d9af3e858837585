-- Grain: one award before rounding, with its size in units of 0.00000001 points.
-- Inputs: valued (awards before their bounds).
-- Meaning: less than a step is worth the minimum, too: only what is about nothing is worth nothing.
select
    *,
    case
        when figure = 0 or basis_thousandths = 0 then 0
        else within_bounds(abs(units), minimum_units, maximum_units)
    end as size
from valued
