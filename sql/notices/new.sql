-- Grain: one message or coupon that was never asked for before.
-- Inputs: asked, kept_notices.
-- Meaning: a channel that a message got later is not used for events that were told already.
select
    kind, event_key, partner_id, target, event, event_date, cycle, rule, version, place, points,
    fields
from asked
anti join kept_notices using (kind, event_key, home_id, target)
order by place
