-- Grain: one award, with what a budget that all awards of a day share leaves of it: points_after.
-- Inputs: rows_in (awards after all other caps, with first_on), this_cap (one row: cap_id, points),
--   rounding (one row: step).
-- Meaning: awards of events first evaluated on one day share what earlier days left, in proportion,
--   by largest remainder, ties in the total order; what is negative passes whole and frees room.
with days as (
    select
        rows_in.first_on,
        sum(greatest(rows_in.points, 0)) as asked,
        sum(least(rows_in.points, 0)) as given_back
    from rows_in
    group by rows_in.first_on
),

summed as (
    select
        days.*, this_cap.cap_id, this_cap.points as cap_points,
        sum(days.asked + days.given_back) over (
            order by days.first_on nulls last rows unbounded preceding
        ) as asked_so_far
    from days
    cross join this_cap
),

-- What was given by the end of each day: never more than the budget, and what could not be given is
-- not asked for again. So it is what was asked, less the most that this ever went over the budget.
given_so_far as (
    select
        *,
        asked_so_far - greatest(
            max(asked_so_far - cap_points) over (
                order by first_on nulls last rows unbounded preceding
            ), 0
        ) as given
    from summed
),

served as (
    select
        *,
        given - coalesce(lag(given) over (order by first_on nulls last), 0) - given_back as served
    from given_so_far
),

shares as (
    select
        rows_in.*, served.cap_id,
        row_number() over (
            order by
                rows_in.event_date, rows_in.event_rank, rows_in.source, rows_in.distributor_id,
                rows_in.document_no,
                case when rows_in.event_rank <> 4 then rows_in.document_type end,
                rows_in.fiscal_year, rows_in.partner_id, rows_in.place
        ) as award_no,
        -- In whole steps of rounded points.
        greatest(rows_in.points, 0) > 0 as is_sharing,
        cast(rows_in.points * 1000 as hugeint) * 100000 // rounding.step as steps,
        cast(served.served * 1000 as hugeint) * 100000 // rounding.step
            as steps_served,
        cast(served.asked * 1000 as hugeint) * 100000 // rounding.step as steps_asked
    from rows_in
    join served on served.first_on is not distinct from rows_in.first_on
    cross join rounding
),

floored as (
    select
        *,
        case when is_sharing then least(steps_served, steps_asked) * steps // steps_asked end
            as share,
        case when is_sharing then least(steps_served, steps_asked) * steps % steps_asked end
            as rest
    from shares
),

ranked as (
    select
        floored.*,
        row_number() over (
            partition by first_on, is_sharing order by rest desc, award_no
        ) as turn,
        least(steps_served, steps_asked)
        - sum(share) over (partition by first_on, is_sharing) as left_over
    from floored
),

passed as (
    select
        ranked.* exclude (award_no, steps, steps_served, steps_asked, share, rest, turn, left_over),
        case
            when ranked.is_sharing then units_as_points(
                cast(
                    (ranked.share + cast(ranked.turn <= ranked.left_over as integer))
                    * rounding.step as bigint
                )
            )
            else ranked.points
        end as points_after
    from ranked
    cross join rounding
)

select * exclude (is_sharing) from passed
