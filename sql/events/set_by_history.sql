-- Grain: one event. Inputs: events_in (with tier, tier_rank and tier_is_set of the history).
-- Meaning: an event is one part, unless its sales cross into a higher tier (`crossing`).
select
    *, 1 as part_no, amount as part_amount, 0 as reached_before,
    0 as reached_after
from events_in
