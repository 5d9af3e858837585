-- Grain: one program, date and tier: every date from $from_date on at which a figure changed.
-- Inputs: ledger_entries, tier_history, point_values, programs, liability_daily (earlier dates,
--   which stand); $program, $from_date.
-- Meaning: at the end of the date, by book_date and as known now, over the partners that hold
--   the tier on that date: promised points, positive current balances, and negative ones as
--   receivable, never netted. A tier has rows from the first date on at which it had points.
--   value is (promised + current) x the point value of the date, rounded once a row.
-- How: each partner's state after each of its moves is added on that day and taken out on the day
--   of its next one; a running sum over the days gives the totals, whatever the number of
--   partners. Everything before $from_date is one opening day, which is summed but not written.
insert into liability_daily by name
with opening as (
    select
        partner_id,
        sum(case when to_account = 'promised' then points else 0 end)
        - sum(case when from_account = 'promised' then points else 0 end) as promised,
        sum(case when to_account = 'current' then points else 0 end)
        - sum(case when from_account = 'current' then points else 0 end) as current
    from ledger_entries
    where program = $program and book_date < $from_date
    group by partner_id
),

-- Moves of points and changes of tier, which move what a partner has to another row.
events as (
    select
        partner_id, $from_date - 1 as day, $from_date - 1 as valid_from,
        cast(promised as decimal(18, 3)) as promised, cast(current as decimal(18, 3)) as current,
        cast(null as varchar) as tier
    from opening
    union all
    select
        partner_id, book_date as day, book_date as valid_from,
        case when to_account = 'promised' then points
            when from_account = 'promised' then -points else 0 end as promised,
        case when to_account = 'current' then points
            when from_account = 'current' then -points else 0 end as current,
        cast(null as varchar) as tier
    from ledger_entries
    where program = $program and book_date >= $from_date
    union all
    select
        partner_id, greatest(valid_from, $from_date - 1) as day, valid_from,
        0 as promised, 0 as current, tier
    from tier_history
    where
        program = $program and known_to is null
        and (valid_to is null or valid_to >= $from_date)
        -- The day on which a tier is going to end may be known before it comes.
        and valid_from <= (
            select programs.business_date from programs where programs.program = $program
        )
        and partner_id in (
            select partner_balances.partner_id from partner_balances
            where partner_balances.program = $program
        )
),

balances as (
    select
        day,
        lead(day) over by_partner as next_day,
        last_value(tier ignore nulls) over so_far as tier,
        cast(sum(promised) over so_far as decimal(18, 3)) as promised,
        cast(sum(current) over so_far as decimal(18, 3)) as current
    from events
    window
        by_partner as (partition by partner_id order by day, valid_from),
        so_far as (
            partition by partner_id order by day, valid_from range unbounded preceding
        )
),

-- Of several events of one day only the last state is left: the others end on that day.
states as (
    select
        day, next_day, tier, promised,
        greatest(current, 0) as current, greatest(-current, 0) as receivable
    from balances
    where next_day is null or next_day > day
),

changes as (
    select
        day, tier, sum(promised) as promised, sum(current) as current,
        sum(receivable) as receivable
    from (
        select day, tier, promised, current, receivable from states
        union all
        select next_day as day, tier, -promised, -current, -receivable
        from states
        where next_day is not null
    ) as both_ways
    group by day, tier
    having sum(promised) <> 0 or sum(current) <> 0 or sum(receivable) <> 0
),

dates as (
    select distinct day from changes where day >= $from_date
),

seen as (
    select tier, min(day) as first_day
    from (
        select tier, day from changes
        union all
        select tier, date as day
        from liability_daily
        where program = $program and date < $from_date
    ) as appearances
    group by tier
),

grid as (
    select dates.day, seen.tier
    from dates
    join seen on seen.first_day <= dates.day
    union
    select day, tier from changes
),

totals as (
    select
        grid.day, grid.tier,
        cast(sum(coalesce(changes.promised, 0)) over by_day as decimal(18, 3)) as promised,
        cast(sum(coalesce(changes.current, 0)) over by_day as decimal(18, 3)) as current,
        cast(sum(coalesce(changes.receivable, 0)) over by_day as decimal(18, 3)) as receivable
    from grid
    left join changes
        on changes.day = grid.day and changes.tier is not distinct from grid.tier
    window by_day as (partition by grid.tier order by grid.day rows unbounded preceding)
)

select
    $program as program, totals.day as date, totals.tier, totals.promised, totals.current,
    totals.receivable,
    cast((totals.promised + totals.current) * point_values.point_value as decimal(18, 2))
        as value,
    cast(totals.receivable * point_values.point_value as decimal(18, 2)) as receivable_value
from totals
left join point_values
    on point_values.program = $program
    and coalesce(point_values.valid_from, date '0001-01-01') <= totals.day
    and coalesce(point_values.valid_to, date '9999-12-31') > totals.day
where totals.day >= $from_date
