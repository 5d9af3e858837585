-- Grain: that of events_in, with what was read for each. Inputs: events_in, reads.
select
    events_in.*, reads.first_on, reads.current_points, reads.promised_points,
    cast(reads.current_points + reads.promised_points as decimal(18, 3)) as total_points
from events_in
join reads using (partner_id, event_no)
