-- Grain: one offending commit and key. No rows: what leaves one partner by a transfer comes to
--   another one in the same commit, under the same key.
-- Inputs: entries (with commit_number).
select
    commit_number, min(line) as line,
    allocation_key || ': ' || sum(points) filter (where to_account = 'transfer') || ' left, '
    || coalesce(sum(points) filter (where from_account = 'transfer'), 0) || ' came' as finding
from entries
where kind = 'transfer'
group by commit_number, allocation_key
having
    coalesce(sum(points) filter (where to_account = 'transfer'), 0)
    <> coalesce(sum(points) filter (where from_account = 'transfer'), 0)
order by commit_number
