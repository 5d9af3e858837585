-- Liability as of a date, by program and tier.
-- Grain: one program and tier in force on the date.
-- Meaning: promised points and positive current balances at the end of the book date; negative
--   balances are receivable, never netted; value is points x point value, rounded once a row.
-- Edit below, null meaning all programs, the latest date, all that is known now: for example
--   cast('2025-03-31' as date) as as_of
-- Run: duckdb -readonly finance.duckdb < sql/finance/liability.sql, or: loyalty report liability
with asked as (
    select
        cast(null as varchar) as program,
        cast(null as date) as as_of,
        cast(null as timestamp) as known_at
)

select
    liability.program, liability.tier, liability.promised, liability.current,
    liability.receivable, programs.currency, liability.value, liability.receivable_value
from
    liability_as_of(
        (select asked.as_of from asked), (select asked.known_at from asked)
    ) as liability
join programs on programs.program = liability.program
join asked on coalesce(asked.program, liability.program) = liability.program
order by liability.program, liability.value desc, liability.tier
