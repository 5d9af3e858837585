-- Grain: one offending redemption. No rows: a redemption is posted once, and no more of it is
--   given back than it took.
-- Inputs: entries (with commit_number).
with parts as (
    select
        identity_of(split_part(allocation_key, '/', 2)) as redemption_id,
        kind, points, commit_number, line
    from entries
    where kind in ('redemption', 'redemption_reversal')
)

select
    max(commit_number) as commit_number, max_by(line, commit_number) as line,
    'redemption ' || redemption_id || ': taken ' || count(*) filter (where kind = 'redemption')
    || ' times' as finding
from parts
group by redemption_id
having
    count(*) filter (where kind = 'redemption') <> 1
    or sum(case when kind = 'redemption' then points else -points end) < 0
order by commit_number
