-- Grain: one award, with its place among the awards of its partner.
-- Inputs: rows_in (awards before caps).
-- Meaning: the total order that caps go by (SPEC 5): events in their order, extras of an event after
--   all of its regular points. Sorted once here, not by nine columns for
--   each cap, which took 40 of 136 seconds of work (10 million documents, one cap).
select
    *,
    row_number() over (
        partition by partner_id
        order by
            event_date, event_rank, event_no, promotion_order > 0, line_no, unit,
            rule_order, promotion_order, part_no
    ) as place
from rows_in
