-- Grain: one program, date and tier: every date from $from_date on at which a figure changed.
-- Inputs: ledger_entries, tier_history, point_values, liability_daily (earlier dates, which
--   stand); $program, $from_date.
-- Meaning: at the end of the date, by book_date and as known now, over the partners that hold
--   the tier on that date: promised points, positive current balances, and negative ones as
--   receivable, never netted. A tier has rows from the first date on at which it had points.
--   value is (promised + current) x the point value of the date, rounded once a row.
-- How: each partner's state after each of its days is added on that day and taken out on its
--   next one; a running sum over the days gives the totals, whatever the number of partners.
insert into liability_daily by name
with moves as (
    select
        partner_id, greatest(book_date, $from_date - 1) as day,
        sum(case when to_account = 'promised' then points else 0 end)
        - sum(case when from_account = 'promised' then points else 0 end) as promised,
        sum(case when to_account = 'current' then points else 0 end)
        - sum(case when from_account = 'current' then points else 0 end) as current
    from ledger_entries
    where program = $program
    group by partner_id, day
),

tiers as (
    select partner_id, tier, valid_from
    from tier_history
    where program = $program and known_to is null
),

-- A change of tier moves what a partner has to another row.
days as (
    select partner_id, day, sum(promised) as promised, sum(current) as current
    from (
        select partner_id, day, promised, current from moves
        union all
        select partner_id, valid_from as day, 0 as promised, 0 as current
        from tiers
        where
            valid_from >= $from_date
            and partner_id in (select moves.partner_id from moves)
    ) as changes
    group by partner_id, day
),

balances as (
    select
        partner_id, day,
        cast(sum(promised) over by_day as decimal(18, 3)) as promised,
        cast(sum(current) over by_day as decimal(18, 3)) as current,
        lead(day) over (partition by partner_id order by day) as next_day
    from days
    window by_day as (partition by partner_id order by day rows unbounded preceding)
),

states as (
    select
        balances.day, balances.next_day, tiers.tier, balances.promised,
        greatest(balances.current, 0) as current, greatest(-balances.current, 0) as receivable
    from balances
    asof left join tiers
        on tiers.partner_id = balances.partner_id and tiers.valid_from <= balances.day
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

-- Everything before $from_date is one opening day, which is summed but not written.
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
