-- Grain: one award, with the running sum that a budget goes by, which serves who comes first.
-- Inputs: rows_in (awards after all other caps, with first_on: the day the event was first
--   evaluated), this_cap (one row: cap_id, points).
-- Meaning: in the order of first days, then the total order: a late document gets what is left and
--   takes nothing from another partner (SPEC 5, Caps). Slab tables (event_rank 4) come as the
--   program file has them, which is in place, and not by their names.
with summed as (
    select
        rows_in.*, this_cap.cap_id,  this_cap.points as cap_points,
        true as is_limited,
        cast(
            sum(rows_in.points) over (
                order by
                    rows_in.first_on nulls last, rows_in.event_date, rows_in.event_rank, rows_in.source,
                    rows_in.distributor_id, rows_in.document_no,
                    case when rows_in.event_rank <> 4 then rows_in.document_type end,
                    rows_in.fiscal_year, rows_in.partner_id, rows_in.place
                rows unbounded preceding
            ) as decimal(18, 3)
        ) as level
    from rows_in
    cross join this_cap
)

select * from summed
