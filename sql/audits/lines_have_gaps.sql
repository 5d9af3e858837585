-- Grain: one offending commit. No rows: the lines of every commit run from 1 without a gap.
-- Inputs: entries (with commit_number).
select
    commit_number, min(line) as line,
    'lines from ' || min(line) || ' to ' || max(line) || ' are ' || count(*)
    || ' entries, ' || count(distinct line) || ' distinct' as finding
from entries
group by commit_number
having min(line) <> 1 or max(line) <> count(*) or count(distinct line) <> count(*)
order by commit_number
