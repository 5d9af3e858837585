-- Grain: one program, month of book_date and bucket (promised, current); every month from the
--   first movement to the last business date, also one without movements.
-- Inputs: ledger_entries, programs.
-- Meaning: closing = opening + the others, each signed as it moves its bucket. adjusted holds
--   adjustments, transfers (also of promises, by a merge) and leakage. The current bucket is the sum of all current balances,
--   negative ones included: liability_daily's current less its receivable.
with moves as (
    select
        program, strftime(book_date, '%Y-%m') as period, 'promised' as bucket,
        case when starts_with(reason, 'merge: ') then 'transfer' else kind end as kind,
        cast(
            sum(case when to_account = 'promised' then points else 0 end)
            - sum(case when from_account = 'promised' then points else 0 end)
            as decimal(18, 3)
        ) as points
    from ledger_entries
    where 'promised' in (from_account, to_account)
    group by all
    union all
    select
        program, strftime(book_date, '%Y-%m') as period, 'current' as bucket,
        case when starts_with(reason, 'merge: ') then 'transfer' else kind end as kind,
        cast(
            sum(case when to_account = 'current' then points else 0 end)
            - sum(case when from_account = 'current' then points else 0 end)
            as decimal(18, 3)
        ) as points
    from ledger_entries
    where 'current' in (from_account, to_account)
    group by all
),

spans as (
    select
        moves.program,
        cast(min(moves.period) || '-01' as date) as first_month,
        greatest(
            cast(max(moves.period) || '-01' as date), any_value(programs.business_date)
        ) as last_day
    from moves
    join programs on programs.program = moves.program
    group by moves.program
),

months as (
    select
        program,
        strftime(unnest(generate_series(first_month, last_day, interval 1 month)), '%Y-%m')
            as period
    from spans
),

periods as (
    select months.program, months.period, buckets.bucket
    from months
    cross join (values ('promised'), ('current')) as buckets (bucket)
),

sorted as (
    select
        periods.program, periods.period, periods.bucket,
        coalesce(sum(moves.points) filter (where moves.kind in ('award', 'promise', 'campaign')), 0)
            as earned,
        coalesce(sum(moves.points) filter (where moves.kind = 'release'), 0) as released,
        coalesce(
            sum(moves.points) filter (where moves.kind in ('redemption', 'redemption_reversal')), 0
        ) as redeemed,
        coalesce(sum(moves.points) filter (where moves.kind in ('expiry', 'forfeit')), 0)
            as expired,
        coalesce(sum(moves.points) filter (where moves.kind = 'reversal'), 0) as clawed_back,
        coalesce(
            sum(moves.points) filter (where moves.kind in ('adjustment', 'transfer', 'leakage')), 0
        ) as adjusted,
        coalesce(sum(moves.points), 0) as moved
    from periods
    left join moves
        on moves.program = periods.program
        and moves.period = periods.period
        and moves.bucket = periods.bucket
    group by periods.program, periods.period, periods.bucket
),

running as (
    select
        *,
        sum(moved) over (
            partition by program, bucket order by period rows unbounded preceding
        ) as closing
    from sorted
)

select
    program, period, bucket,
    cast(closing - moved as decimal(18, 3)) as opening,
    cast(earned as decimal(18, 3)) as earned,
    cast(released as decimal(18, 3)) as released,
    cast(redeemed as decimal(18, 3)) as redeemed,
    cast(expired as decimal(18, 3)) as expired,
    cast(clawed_back as decimal(18, 3)) as clawed_back,
    cast(adjusted as decimal(18, 3)) as adjusted,
    cast(closing as decimal(18, 3)) as closing
from running
