-- Grain: one offending entry. No rows: every entry is of a known kind, moves a positive number
--   of points, and moves it between the accounts of its kind (SPEC 7).
-- Inputs: entries (with commit_number).
with allowed (kind, from_account, to_account) as (
    values
    ('award', 'issued', 'current'),
    ('promise', 'issued', 'promised'),
    ('release', 'promised', 'current'),
    ('forfeit', 'promised', 'forfeited'),
    ('campaign', 'issued', 'current'),
    ('reversal', 'current', 'issued'),
    ('reversal', 'promised', 'issued'),
    ('transfer', 'current', 'transfer'),
    ('transfer', 'transfer', 'current'),
    ('redemption', 'current', 'redeemed'),
    ('redemption_reversal', 'redeemed', 'current')
)

select
    entries.commit_number, entries.line,
    entries.kind || ' of ' || entries.points || ' from ' || entries.from_account || ' to '
    || entries.to_account as finding
from entries
left join allowed using (kind, from_account, to_account)
where allowed.kind is null or not entries.points > 0
order by entries.commit_number, entries.line
