-- Grain: one message by one channel, once an event.
-- Inputs: work.notices (of all commits).
-- Meaning: what the last commit that names it says of it counts.
select
    program, partner_id, event, channel, target as template, text, created_on, status, subject,
    language, sent_on, rule, event_key
from work.notices
where kind = 'message'
qualify
    row_number() over (
        partition by program, event_key, partner_id, target, channel order by number desc
    ) = 1
