-- Grain: one offending entry. No rows: nothing is released before its accrual date but what an
--   instruction releases, and no release takes effect before that date, or after it was posted.
-- Inputs: entries (with commit_number and commit_kind).
select
    commit_number, line,
    partner_id || ' ' || allocation_key || ': accrual ' || accrual_date || ', effective '
    || effective_date || ', posted ' || posted_on as finding
from entries
where
    kind = 'release'
    and (
        accrual_date is null
        or posted_on < effective_date
        or (commit_kind <> 'instruction' and effective_date < accrual_date)
    )
order by commit_number, line
