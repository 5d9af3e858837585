-- Grain: one award, after a cap.
-- Inputs: levels_in (awards with level, the running sum of what the cap limits, is_limited, cap_id,
--   cap_points).
-- Meaning: a cap lets through the increase of min(running sum, cap); what it takes is forgone, and
--   told with the cap's name (SPEC 5, Caps).
with passed as (
    select
        *,
        case
            when is_limited
                then cast(let_through(level, points, cap_points) as decimal(18, 3))
            else points
        end as points_after
    from levels_in
)

select
    * exclude (
        points, capped_by, forgone_by, cap_id, cap_points, is_limited, level, points_after
    ),
    points_after as points,
    case
        when points_after <> points then concat_ws(', ', capped_by, cap_id)
        else capped_by
    end as capped_by,
    case
        when points_after <> points then concat_ws(
            ', ', forgone_by, cap_id || '=' || plain_points(points - points_after)
        )
        else forgone_by
    end as forgone_by
from passed
