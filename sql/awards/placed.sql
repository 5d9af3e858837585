-- Grain: one award, with its place among the awards of its partner.
-- Inputs: rows_in (awards before caps).
-- Meaning: the total order that caps go by (SPEC 5): events in their order, extras of an event after
--   all of its regular points. Sorted once here: nine columns for each cap took half of a cycle.
select
    *,
    row_number() over (
        partition by partner_id
        order by
            event_date, event_rank, event_no, promotion_order > 0, line_no, unit,
            rule_order, promotion_order, part_no
    ) as place
from rows_in
