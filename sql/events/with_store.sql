-- Grain: that of events_in, with the store's fields in force on the event's date.
-- Inputs: events_in (store_id, event_date, …), store_history.
select events_in.*, store_history.store_custom
from events_in
left join store_history
    on store_history.store_id = events_in.store_id
    and events_in.event_date >= store_history.seen_from
    and events_in.event_date < store_history.seen_to
