-- Grain: one award, after a cap.
-- Inputs: limited_in (awards with cap_id and points_after, what the cap leaves of points).
-- Meaning: what a cap takes is forgone, and told with the cap's name.
select
    * exclude (points, capped_by, forgone_by, cap_id, points_after),
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
from limited_in
