-- Grain: one award, with its place among the awards of its partner.
-- Inputs: rows_in (awards before caps).
-- Meaning: what `placed` comes to where awards are of events only, and each a whole by itself: events
--   are numbered in their order already, so nothing has to be sorted. Room for 900 million events of
--   a partner, 100,000 rules and 99 parts.
select *, event_no * 10000000000 + cast(rule_order as bigint) * 100 + part_no as place
from rows_in
