-- Grain: one promise that is due: partner who holds it, allocation key, accrual date and the day
--   its release takes effect; with its owner, and home_id, who that is on the day.
-- Inputs: open_promises, homes (partner_id, home_id: merged partners), holds (partner_id, held_from,
--   held_to: exclusive, null while it lasts), asked_ranges (first_day, last_day: accrual dates
--   whose promises are asked for by rules); $day.
-- Meaning: what is promised with an accrual date up to a day. It takes effect on its accrual
--   date, or on the posting date of its promise if that is later, so that a run that comes late
--   moves nothing; inside a hold of its partner not before that ends. One that rules are asked for
--   is released on the day they say so, if its partner is not on hold by then.
with due as (
    select
        open_promises.*,
        greatest(open_promises.accrual_date, open_promises.posted_on) as due_on,
        coalesce(homes.home_id, open_promises.owner_id) as home_id,
        exists (
            select 1 from asked_ranges
            where open_promises.accrual_date between asked_ranges.first_day and asked_ranges.last_day
        ) as is_asked
    from open_promises
    left join homes on homes.partner_id = open_promises.owner_id
    where greatest(open_promises.accrual_date, open_promises.posted_on) <= $day
),

timed as (
    select due.*, case when is_asked then cast($day as date) else due_on end as wanted_on
    from due
),

released as (
    select
        timed.*,
        case
            when holds.partner_id is null then timed.wanted_on
            else coalesce(holds.held_to, date '9999-12-31')
        end as effective_date
    from timed
    left join holds
        on holds.partner_id = timed.home_id
        and timed.wanted_on >= holds.held_from
        and timed.wanted_on < coalesce(holds.held_to, date '9999-12-31')
)

select
    partner_id, home_id, owner_id, cycle, allocation_key, accrual_date, effective_date, is_asked,
    award_group(award_key(allocation_key)) as event_group,
    min(promised_on) as promised_on,
    cast(sum(points) as decimal(18, 3)) as points
from released
where effective_date <= $day
group by
    partner_id, home_id, owner_id, cycle, allocation_key, accrual_date, effective_date, is_asked
