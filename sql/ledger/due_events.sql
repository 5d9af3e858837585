-- Grain: one due promise as an event that rules are asked for: partner who holds it, event of the
--   award and accrual date; all keys of the award that are due together.
-- Inputs: due_promises; $day.
-- Meaning: asked on $day, which is why event_date is that day here: fields, tier and balances are
--   those of the morning. Conditions see the accrual date (events_accrued). Asked of, and acted for,
--   is who its owner has become: a merge that took effect since the last run moves promises later.
select
    row_number() over (order by accrual_date, event_group, owner_id, partner_id) as position,
    cast($day as date) as event_date, accrual_date,
    home_id as partner_id, partner_id as holder_id, owner_id, event_group,
    min(cycle) as cycle, min(promised_on) as promised_on,
    cast(sum(points) as decimal(18, 3)) as points,
    case
        when split_part(event_group, '/', 2) in ('transaction', 'claim')
            then identity_of(split_part(event_group, '/', 6))
    end as document_no
from due_promises
where is_asked
group by accrual_date, event_group, owner_id, partner_id, home_id
