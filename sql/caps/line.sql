-- Grain: one award, after a cap of each line.
-- Inputs: rows_in (awards after the narrower caps), this_cap (one row: cap_id, points, period,
--   names, fiscal_start).
-- Meaning: lets through the increase of min(running sum, cap) in the total order; what it takes
--   is forgone. Extras of an event come after all of its regular points.
with limited as (
    select
        rows_in.*, this_cap.cap_id, this_cap.points as cap_points,
        rows_in.line_no is not null as is_limited
    from rows_in
    cross join this_cap
),

summed as (
    select
        *,
        cast(
            sum(case when is_limited then points else 0 end) over (
                partition by partner_id, event_no, unit
                order by
                    event_date, event_rank, event_no, promotion_order > 0, line_no, unit,
                    rule_order, promotion_order, part_no
                rows unbounded preceding
            ) as decimal(18, 3)
        ) as level
    from limited
),

passed as (
    select
        *,
        case
            when is_limited
                then cast(let_through(level, points, cap_points) as decimal(18, 3))
            else points
        end as points_after
    from summed
)

select
    * exclude (points, capped_by, forgone_by, cap_id, cap_points, is_limited, level, points_after),
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
