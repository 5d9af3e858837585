-- Grain: one document that is no event, and whose sales reached a threshold all the same.
-- Inputs: moves_in (with reached_before and reached_after).
select partner_id, from_no, event_date, document_no, cast(reached_after as integer) as tier_rank
from moves_in
where event_no is null and reached_after > reached_before
