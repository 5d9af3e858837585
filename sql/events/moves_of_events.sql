-- Grain: one event. Inputs: moves_in (what moves sales, with event_no where it is an event).
select * exclude (move_no, from_no)
from moves_in
where event_no is not null
