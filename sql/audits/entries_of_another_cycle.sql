-- Grain: one offending entry. No rows: every move of an award stands under the cycle of its key.
-- Inputs: entries (with commit_number).
select
    commit_number, line,
    partner_id || ' ' || allocation_key || ': posted under cycle ' || cycle as finding
from entries
where
    kind in ('award', 'promise', 'release', 'forfeit', 'reversal', 'campaign')
    and split_part(allocation_key, '/', 1) <> cycle
order by commit_number, line
