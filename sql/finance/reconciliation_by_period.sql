-- Reconciliation of sales, month by month of document date.
-- Grain: one program, source and month.
-- Meaning: what is staged of the month, what of it counts and what waits, what is held in
--   quarantine or superseded; net_counted is what counts in net sales.
-- Edit below, null meaning all programs.
-- Run: duckdb -readonly finance.duckdb < sql/finance/reconciliation_by_period.sql, or:
--   loyalty report reconciliation_by_period
with asked as (
    select cast(null as varchar) as program
)

select
    told.program, told.source, told.period, told.rows_staged, told.rows_counted,
    told.rows_waiting, told.rows_held, told.rows_superseded, told.amount_staged,
    told.amount_counted, told.amount_waiting, told.amount_held, told.amount_superseded,
    told.net_counted, told.agrees
from reconciliation_by_period as told
join asked on coalesce(asked.program, told.program) = told.program
order by told.program, told.source, told.period
