-- Grain: one message by one channel, or one coupon, of which a commit says something.
-- Inputs: said_notices.
select *
from said_notices
order by place, kind, event_key, partner_id, target, channel
