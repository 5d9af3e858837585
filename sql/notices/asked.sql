-- Grain: one message or coupon that events ask for: kind, event, partner (who it is now), target.
-- Inputs: event_actions (of cycles as last posted), release_actions (of every morning's releases),
--   campaign_actions (of campaigns that ran), homes.
-- Meaning: what several rules of an event ask for happens once. place is the order in which
--   coupons are issued: by the event's day, releases first, since they come in the morning, then campaigns.
with asked as (
    select
        program, cycle, event, event_date, event_key, partner_id, rule, action as kind, target,
        points, version, position, fields, 2 as part_of_day
    from event_actions
    union all
    select
        program, cycle, event, event_date, event_key, partner_id, rule, action as kind, target,
        points, version, position, fields, 0 as part_of_day
    from release_actions
    where action in ('message', 'coupon')
    union all
    select
        program, cycle, event, event_date, event_key, partner_id, rule, action as kind, target,
        points, version, position, fields, 1 as part_of_day
    from campaign_actions
),

with_home as (
    select asked.*, coalesce(homes.home_id, asked.partner_id) as home_id
    from asked
    left join homes on homes.partner_id = asked.partner_id
),

numbered as (
    select
        *,
        row_number() over (
            order by event_date, part_of_day, cycle, position, event_key, kind, target, rule
        ) as place
    from with_home
)

select *
from numbered
qualify row_number() over (partition by kind, event_key, home_id, target order by place) = 1
