-- Grain: one award, with the running sum that a cap goes by: of each document.
-- Inputs: rows_in (awards after the narrower caps, with place), this_cap (one row: cap_id, points, period,
--   names, fiscal_start).
-- Meaning: level is the sum of what the cap limits in the total order, extras of an event after all
--   of its regular points; `passed` lets through what fits.
with limited as (
    select
        rows_in.*, this_cap.cap_id, this_cap.points as cap_points,
        rows_in.event in ('transaction', 'claim') as is_limited
    from rows_in
    cross join this_cap
),

summed as (
    select
        *,
        cast(
            sum(case when is_limited then points else 0 end) over (
                partition by partner_id, event_date, event_rank, event_no
                order by place rows unbounded preceding
            ) as decimal(18, 3)
        ) as level
    from limited
)

select * from summed
