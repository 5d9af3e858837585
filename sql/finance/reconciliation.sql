-- Reconciliation of every landed file, from what was declared to what counts.
-- Grain: one landed file and program that reads its source.
-- Meaning: rows and money that were declared, came, are staged, quarantined or superseded, and of
--   the staged ones count or wait; money as the file writes it. Files that do not agree come first.
-- Edit below, null meaning all programs.
-- Run: duckdb -readonly finance.duckdb < sql/finance/reconciliation.sql, or: loyalty report reconciliation
with asked as (
    select cast(null as varchar) as program
)

select
    told.program, told.source, told.feed, told.remote_name, told.status, told.vouched_by,
    told.control_rows, told.rows_in, told.rows_staged, told.rows_quarantined,
    told.rows_superseded, told.rows_healed, told.rows_counted, told.rows_waiting,
    told.control_amount, told.amount_in, told.amount_staged, told.amount_quarantined,
    told.amount_superseded, told.amount_counted, told.amount_waiting, told.agrees
from reconciliation as told
join asked on coalesce(asked.program, told.program) = told.program
order by told.agrees, told.program, told.source, told.landed_at, told.remote_name
