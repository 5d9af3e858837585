-- Allocated against redeemed, cycle by cycle.
-- Grain: one program and cycle.
-- Meaning: allocated is what the cycle's awards are as the rules stand, forgone what caps took of
--   them, posted what the ledger holds for them; released of those became current. redeemed is
--   what partners spent on days of the cycle, less reversals. The last two columns run on.
-- Edit below, null meaning all programs.
-- Run: duckdb -readonly finance.duckdb < sql/finance/allocated_redeemed.sql
with asked as (
    select cast(null as varchar) as program
),

allocated as (
    select
        program, cycle, sum(points) as allocated, sum(forgone_points) as forgone,
        count(distinct partner_id) as partners
    from point_allocations
    group by program, cycle
),

moved as (
    select
        program, cycle,
        sum(case
            when from_account = 'issued' then points
            when to_account = 'issued' then -points
            else 0
        end) as posted,
        sum(case when kind = 'release' then points else 0 end) as released,
        sum(case
            when kind = 'redemption' then points
            when kind = 'redemption_reversal' then -points
            else 0
        end) as redeemed
    from ledger_entries
    group by program, cycle
),

together as (
    select
        cycles.program, cycles.cycle, cycles.state,
        coalesce(allocated.partners, 0) as partners,
        coalesce(allocated.allocated, 0) as allocated,
        coalesce(allocated.forgone, 0) as forgone,
        coalesce(moved.posted, 0) as posted,
        coalesce(moved.released, 0) as released,
        coalesce(moved.redeemed, 0) as redeemed
    from cycles
    join asked on coalesce(asked.program, cycles.program) = cycles.program
    left join allocated on allocated.program = cycles.program and allocated.cycle = cycles.cycle
    left join moved on moved.program = cycles.program and moved.cycle = cycles.cycle
)

select
    program, cycle, state, partners,
    cast(allocated as decimal(18, 3)) as allocated,
    cast(forgone as decimal(18, 3)) as forgone,
    cast(posted as decimal(18, 3)) as posted,
    cast(released as decimal(18, 3)) as released,
    cast(redeemed as decimal(18, 3)) as redeemed,
    cast(sum(posted) over by_cycle as decimal(18, 3)) as posted_so_far,
    cast(sum(redeemed) over by_cycle as decimal(18, 3)) as redeemed_so_far
from together
window by_cycle as (partition by program order by cycle rows unbounded preceding)
order by program, cycle
