-- Ageing of promised and current points as of a date.
-- Grain: one program, bucket (promised, current) and age in days.
-- Meaning: promised points by the days since they were promised, current ones by the days since
--   they became current; what was spent or taken back is taken from the oldest points first.
--   Adds up to balances as of the date, negative current balances left out.
-- Edit below, null meaning all programs, the latest business date, all that is known now.
-- Run: duckdb -readonly finance.duckdb < sql/finance/ageing.sql, or: loyalty report ageing
with asked as (
    select
        cast(null as varchar) as program,
        cast(null as date) as as_of,
        cast(null as timestamp) as known_at
),

entries as (
    select
        ledger_entries.program, ledger_entries.partner_id, ledger_entries.from_account,
        ledger_entries.to_account, ledger_entries.points, ledger_entries.effective_date,
        ledger_entries.event_date, ledger_entries.seq,
        coalesce(asked.as_of, programs.business_date) as as_of
    from ledger_entries
    join programs on programs.program = ledger_entries.program
    join asked on coalesce(asked.program, ledger_entries.program) = ledger_entries.program
    where
        ledger_entries.effective_date <= coalesce(asked.as_of, date '9999-12-31')
        and ledger_entries.posted_at <= known_until(asked.known_at)
),

moves as (
    select
        'promised' as bucket, program, partner_id, as_of, effective_date, seq,
        case when to_account = 'promised' then points else 0 end as credit,
        case when from_account = 'promised' then points else 0 end as debit
    from entries
    where 'promised' in (from_account, to_account)
    union all
    select
        'current' as bucket, program, partner_id, as_of, effective_date, seq,
        case when to_account = 'current' then points else 0 end as credit,
        case when from_account = 'current' then points else 0 end as debit
    from entries
    where 'current' in (from_account, to_account)
),

levels as (
    select
        bucket, program, partner_id, as_of, effective_date, credit,
        sum(credit) over (
            partition by bucket, program, partner_id order by effective_date, seq
            rows unbounded preceding
        ) as credited,
        sum(debit) over (partition by bucket, program, partner_id) as debited
    from moves
),

left_over as (
    select
        bucket, program, partner_id,
        date_diff('day', effective_date, as_of) as days,
        least(credit, greatest(credited - debited, 0)) as points
    from levels
    where credit > 0
),

aged as (
    select
        program, bucket, partner_id, points,
        case
            when days <= 30 then 1
            when days <= 90 then 2
            when days <= 180 then 3
            when days <= 365 then 4
            else 5
        end as age_no
    from left_over
    where points > 0
)

select
    aged.program, aged.bucket, ages.age, count(distinct aged.partner_id) as partners,
    cast(sum(aged.points) as decimal(18, 3)) as points,
    programs.currency,
    cast(sum(aged.points) * any_value(programs.point_value) as decimal(18, 2)) as value
from aged
join programs on programs.program = aged.program
join (
    values (1, '0 to 30 days'), (2, '31 to 90 days'), (3, '91 to 180 days'),
    (4, '181 to 365 days'), (5, 'over 365 days')
) as ages (age_no, age) on ages.age_no = aged.age_no
group by aged.program, aged.bucket, ages.age_no, ages.age, programs.currency
order by aged.program, aged.bucket desc, ages.age_no
