-- Grain: one coupon of one event.
-- Inputs: work.notices (of all commits).
-- Meaning: what the last commit that names it says of it counts.
select
    program, partner_id, code, event, issued_on, valid_until, status, target as coupon, rule,
    event_key
from work.notices
where kind = 'coupon'
qualify
    row_number() over (
        partition by program, event_key, partner_id, target order by number desc
    ) = 1
