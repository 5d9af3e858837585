-- Grain: one award, with what a cap lets through of it: points_after.
-- Inputs: levels_in (awards with level, the running sum of what the cap limits, is_limited, cap_id,
--   cap_points).
-- Meaning: a cap lets through the increase of min(running sum, cap) (SPEC 5, Caps).
select
    * exclude (cap_points, is_limited, level),
    case
        when is_limited then cast(let_through(level, points, cap_points) as decimal(18, 3))
        else points
    end as points_after
from levels_in
