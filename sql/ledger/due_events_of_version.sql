-- Grain: one due promise that the rules of one version are asked for.
-- Inputs: due_events; $first_day, $last_day (of the version).
select
    position, event_date, accrual_date, partner_id, holder_id, owner_id, event_group, cycle,
    promised_on, points, document_no
from due_events
where accrual_date between $first_day and $last_day
