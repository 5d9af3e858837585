-- Grain: one action of a morning's releases. Inputs: release_actions.
select
    program, cycle, event, event_date, event_key, partner_id, rule, action, target, points, version,
    position, document_no, amount, fields
from release_actions
order by position, rule_no, place
