-- Grain: one release of promised points: partner, allocation key, accrual date, awarded date.
-- Inputs: ledger_entries.
-- Meaning: accrual_date is when the points were due, awarded_date the day they became current:
--   the accrual date, or the posting date of the promise if that was later.
select
    program, partner_id, allocation_key, points, accrual_date, effective_date as awarded_date,
    cycle, entry_id, posted_at
from ledger_entries
where kind = 'release'
