-- Grain: that of events_in, with the partner's fields in force on the event's date.
-- Inputs: events_in (partner_id, event_date, …), partner_history.
select
    events_in.*, partner_history.partner_name, partner_history.partner_status,
    partner_history.enrolled_on, partner_history.partner_custom
from events_in
left join partner_history
    on partner_history.partner_id = events_in.partner_id
    and events_in.event_date >= partner_history.seen_from
    and events_in.event_date < partner_history.seen_to
