-- Grain: one open part of a promise: partner who holds it, allocation key (and so its owner, whose
--   award it is), accrual date and the day on which that part was promised.
-- Inputs: entries (all that touch promised points), asked_partners (partner_id: whose promises are
--   wanted whenever they accrue); $due_by.
-- Meaning: what is still promised, of everybody with an accrual date up to a day. Reversals and
--   forfeits took the latest promises first, releases the earliest. promised_on is the date of
--   the event that earned it.
with posted as (
    select
        partner_id, origin_of(partner_id, allocation_key) as owner_id, cycle, allocation_key,
        accrual_date, posted_on,
        min(event_date) filter (where kind = 'promise') as promised_on,
        sum(case when kind = 'promise' then points else 0 end)
        - sum(case when kind in ('reversal', 'forfeit') then points else 0 end) as promised,
        sum(case when kind = 'release' then points else 0 end) as released
    from entries
    where
        'promised' in (from_account, to_account)
        and (
            accrual_date <= $due_by
            or origin_of(partner_id, allocation_key) in (
                select asked_partners.partner_id from asked_partners
            )
        )
    group by partner_id, cycle, allocation_key, accrual_date, posted_on
),

-- Promises that are fully released, nearly all of a long history, are done with here.
unfinished as (
    select posted.*
    from posted
    semi join (
        select partner_id, allocation_key, accrual_date
        from posted
        group by partner_id, allocation_key, accrual_date
        having sum(promised) > sum(released)
    ) as open_keys using (partner_id, allocation_key, accrual_date)
),

levels as (
    select
        *,
        sum(promised) over (
            partition by partner_id, allocation_key, accrual_date order by posted_on
        ) as level,
        sum(released) over (
            partition by partner_id, allocation_key, accrual_date
        ) as released_in_all,
        min(promised_on) over (
            partition by partner_id, allocation_key, accrual_date
        ) as first_promised_on
    from unfinished
),

remaining as (
    select
        *,
        -- What later reversals left standing of everything promised up to this day.
        min(level) over (
            partition by partner_id, allocation_key, accrual_date order by posted_on
            rows between current row and unbounded following
        ) as standing
    from levels
),

parts as (
    select
        partner_id, owner_id, cycle, allocation_key, accrual_date, posted_on, first_promised_on,
        greatest(
            standing - greatest(
                coalesce(
                    lag(standing) over (
                        partition by partner_id, allocation_key, accrual_date order by posted_on
                    ), 0
                ), released_in_all
            ), 0
        ) as points
    from remaining
)

select
    partner_id, owner_id, cycle, allocation_key, accrual_date, posted_on,
    first_promised_on as promised_on,
    cast(points as decimal(18, 3)) as points
from parts
where points > 0
order by allocation_key, partner_id, accrual_date, posted_on
