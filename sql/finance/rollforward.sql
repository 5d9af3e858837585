-- Roll-forward of liability, month by month of book date.
-- Grain: one program, month and bucket (promised, current).
-- Meaning: closing = opening + movements; unexplained says by how much it does not, and is 0.
--   The current bucket includes negative balances: liability's current less its receivable.
-- Edit below, null meaning all programs.
-- Run: duckdb -readonly finance.duckdb < sql/finance/rollforward.sql, or: loyalty report rollforward
with asked as (
    select cast(null as varchar) as program
)

select
    moved.program, moved.period, moved.bucket, moved.opening, moved.earned, moved.released,
    moved.redeemed, moved.expired, moved.clawed_back, moved.adjusted, moved.closing,
    cast(
        moved.closing - moved.opening - moved.earned - moved.released - moved.redeemed
        - moved.expired - moved.clawed_back - moved.adjusted as decimal(18, 3)
    ) as unexplained
from liability_rollforward as moved
join asked on coalesce(asked.program, moved.program) = moved.program
order by moved.program, moved.bucket desc, moved.period
