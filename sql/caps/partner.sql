-- Grain: one award, with the running sum that a cap goes by: of each partner, by its period.
-- Inputs: rows_in (awards after the narrower caps, with place), this_cap (one row: cap_id, points, period,
--   names, fiscal_start),
--   cap_carried (cap_id, partner_id, limited, period_start, level: of earlier cycles).
-- Meaning: level is the sum of what the cap limits in the total order, extras of an event after all
--   of its regular points; `passed` lets through what fits.
with limited as (
    select
        rows_in.*,
        cap_period(rows_in.event_date, this_cap.period, this_cap.fiscal_start) as period_start,
        coalesce(cap_carried.level, 0) as level_before
    from rows_in
    cross join this_cap
    left join cap_carried
        on cap_carried.cap_id = this_cap.cap_id
        and cap_carried.partner_id = rows_in.partner_id
        and cap_carried.limited = ''  -- others are of rules in which it was a cap of strategies
        and cap_carried.period_start
            = cap_period(rows_in.event_date, this_cap.period, this_cap.fiscal_start)
),

summed as (
    select
        *,
        cast(
            sum(points) over (
                partition by partner_id, period_start
                order by place rows unbounded preceding
            )
            + level_before as decimal(18, 3)
        ) as level
    from limited
)

-- What is the same for every row joins after the sum: the rows it puts in order are narrower.
select
    summed.* exclude (period_start, level_before), this_cap.cap_id, this_cap.points as cap_points,
    true as is_limited
from summed
cross join this_cap
