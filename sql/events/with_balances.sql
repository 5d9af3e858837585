-- Grain: that of events_in, with the partner's points as they were read for the event.
-- Inputs: events_in (partner_id, event_date, …), balances_read (partner_id, event_date,
--   current_points, promised_points; nobody without points is in it).
select
    events_in.*,
    coalesce(balances_read.current_points, 0) as current_points,
    coalesce(balances_read.promised_points, 0) as promised_points,
    cast(
        coalesce(balances_read.current_points, 0) + coalesce(balances_read.promised_points, 0)
        as decimal(18, 3)
    ) as total_points
from events_in
left join balances_read
    on balances_read.partner_id = events_in.partner_id
    and balances_read.event_date = events_in.event_date
