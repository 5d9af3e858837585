-- Grain: one message that is not sent, with where its partner can be reached today.
-- Inputs: kept_notices, partners (history, all sources); $channel, $today.
-- Meaning: the address is the one in force today; of a merged partner that of the partner it
--   became. A gateway of push messages, or of WeChat, knows partners by their identity.
with in_force as (
    select
        partner_id, max_by(email, valid_from) filter (where email <> '') as email,
        max_by(mobile, valid_from) filter (where mobile <> '') as mobile
    from partners
    where
        valid_from <= cast($today as date)
        and coalesce(valid_to, date '9999-12-31') > cast($today as date)
    group by partner_id
)

select
    kept_notices.* exclude (home_id),
    case $channel
        when 'email' then in_force.email
        when 'sms' then in_force.mobile
        else kept_notices.home_id
    end as address
from kept_notices
left join in_force on in_force.partner_id = kept_notices.home_id
where
    kept_notices.kind = 'message' and kept_notices.status = 'pending'
    and kept_notices.channel = $channel
order by kept_notices.number, kept_notices.place, kept_notices.event_key
