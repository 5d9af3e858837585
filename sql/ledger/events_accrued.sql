-- Grain: that of events_in, whose event_date is now the accrual date, as conditions see it.
-- Inputs: events_in (event_date, accrual_date, …).
select * replace (accrual_date as event_date)
from events_in
