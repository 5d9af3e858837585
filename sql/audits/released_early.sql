-- Grain: one offending entry. No rows: nothing is released before its accrual date, and a release
--   takes effect on that date or later.
-- Inputs: entries (with commit_number).
select
    commit_number, line,
    partner_id || ' ' || allocation_key || ': accrual ' || accrual_date || ', effective '
    || effective_date || ', posted ' || posted_on as finding
from entries
where
    kind = 'release'
    and (accrual_date is null or effective_date < accrual_date or posted_on < effective_date)
order by commit_number, line
