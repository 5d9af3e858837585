-- Grain: one message of the outbox. Inputs: outbox; $program, $status (empty: all).
select created_on, status, channel, partner_id, template, event, text, sent_on
from outbox
where program = $program and ($status = '' or status = $status)
order by created_on, event_key, template, channel
