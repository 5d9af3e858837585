-- Grain: one day on which rules could answer otherwise for a due promise than the day before.
-- Inputs: open_promises, asked_ranges, stretches (of tiers), partners; $since, $today.
-- Meaning: after the last run and up to today: a promise becomes due, a tier begins or ends, a
--   file says something new of a partner.
select distinct day
from (
    select greatest(accrual_date, posted_on) as day
    from open_promises
    where exists (
        select 1 from asked_ranges
        where open_promises.accrual_date between asked_ranges.first_day and asked_ranges.last_day
    )
    union all
    select valid_from as day from stretches
    union all
    select valid_to as day from stretches
    union all
    select valid_from as day from partners
) as days
where day > $since and day <= $today
order by day
