-- Grain: one message or coupon known before whose state may have to change.
-- Inputs: asked, kept_notices.
-- Meaning: is_asked tells whether its event still asks for it. What is sent stays so; what was
--   withdrawn comes back with its event; a coupon without a code may get one now.
select
    kept_notices.* exclude (home_id),
    asked.target is not null as is_asked
from kept_notices
left join asked
    on asked.kind = kept_notices.kind
    and asked.event_key = kept_notices.event_key
    and asked.home_id = kept_notices.home_id
    and asked.target = kept_notices.target
where
    case kept_notices.status
        when 'sent' then false
        when 'withdrawn' then asked.target is not null
        when 'no_code' then true
        else asked.target is null
    end
order by kept_notices.number, kept_notices.place, kept_notices.channel
