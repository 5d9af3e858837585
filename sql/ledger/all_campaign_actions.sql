-- Grain: one message or coupon that a campaign asks for. Inputs: campaign_actions.
select
    program, cycle, event, event_date, event_key, partner_id, rule, action, target, points, version,
    position, document_no, amount, fields
from campaign_actions
order by position, target
