-- Grain: one event that a rule forwards to another set; once, however many rules do.
-- Inputs: events_in, matched (events that match a rule, with rule_no), forwarding (rule_no).
select events_in.*
from events_in
semi join (
    select matched.partner_id, matched.event_no, matched.part_no
    from matched
    join forwarding on forwarding.rule_no = matched.rule_no
) as forwarded using (partner_id, event_no, part_no)
