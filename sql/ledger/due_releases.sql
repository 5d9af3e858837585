-- Grain: one release: partner, allocation key, accrual date and the day it takes effect.
-- Inputs: entries (all that touch promised points); $today, $posted_on.
-- Meaning: what is still promised with an accrual date up to today. It takes effect on its
--   accrual date, or on the posting date of its promise if that is later, so that a run that
--   comes late moves nothing. Reversals took the latest promises first, releases the earliest.
with posted as (
    select
        partner_id, cycle, allocation_key, accrual_date, posted_on,
        sum(case when kind = 'promise' then points else 0 end)
        - sum(case when kind = 'reversal' then points else 0 end) as promised,
        sum(case when kind = 'release' then points else 0 end) as released
    from entries
    where
        'promised' in (from_account, to_account)
        and accrual_date <= $today
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
        ) as released_in_all
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
        partner_id, cycle, allocation_key, accrual_date,
        greatest(accrual_date, posted_on) as effective_date,
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
),

due as (
    select
        partner_id, cycle, allocation_key, accrual_date, effective_date,
        cast(sum(points) as decimal(18, 3)) as points
    from parts
    where points > 0
    group by partner_id, cycle, allocation_key, accrual_date, effective_date
)

select
    row_number() over (
        order by allocation_key, partner_id, accrual_date, effective_date
    ) as line,
    partner_id, cycle, 'release' as kind,
    'promised' as from_account, 'current' as to_account,
    points,
    accrual_date as event_date,
    effective_date,
    accrual_date as book_date,
    accrual_date,
    $posted_on as posted_on,
    allocation_key,
    'promise accrued' as reason,
    cast(null as varchar) as rules_version
from due
order by line
