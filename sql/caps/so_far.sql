-- Grain: one slab award of all sales so far, with what a slab's cap leaves of it: points_after.
-- Inputs: rows_in (awards of one table), this_cap (one row: cap_id, points, names).
-- Meaning: a partner has one award of a table, so that there is no running sum: interim awards are
--   differences of what is left (SPEC 4).
select
    rows_in.*, this_cap.cap_id,
    case
        when this_cap.names is null or list_contains(this_cap.names, rows_in.slab)
            then least(rows_in.points, this_cap.points)
        else rows_in.points
    end as points_after
from rows_in
cross join this_cap
