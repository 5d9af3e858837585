-- Grain: one award of an event, rounded.
-- Inputs: rows_in (rounded awards), closing (one row: is_projected: the cycle has not ended;
--   closed_on: the day on which it was, or is, closed).
-- Meaning: the columns that caps fill, and whether the award is only projected so far: then it has
--   no first day, and a budget serves it after all that is posted.
select
    rows_in.event, rows_in.event_date, rows_in.event_rank, rows_in.partner_id, rows_in.event_no,
    rows_in.source, rows_in.distributor_id, rows_in.document_no, rows_in.document_type,
    rows_in.fiscal_year, rows_in.unit, rows_in.line_no, rows_in.part_no, rows_in.tier,
    rows_in.uses_proportions,
    case when rows_in.event = 'cycle_close' then closing.closed_on else rows_in.first_on end
        as first_on,
    rows_in.rules_version, rows_in.rule,
    rows_in.rule_order, rows_in.strategy, rows_in.slab, rows_in.basis_amount, rows_in.rate,
    rows_in.promotion_order, rows_in.promotion, rows_in.multiplier, rows_in.raw_points,
    rows_in.rounded_points, rows_in.rounded_points as points,
    cast(null as varchar) as capped_by, cast(null as varchar) as forgone_by,
    cast(null as varchar) as period_key,
    rows_in.event = 'cycle_close' and closing.is_projected as is_projected
from rows_in
cross join closing
