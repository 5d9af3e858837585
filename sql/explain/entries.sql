-- Grain: one ledger entry of the partner's awards of the cycle, in the order of posting.
-- Inputs: ledger_entries (published); $program, $partner_id, $cycle.
select
    entry_id, posted_on, kind, from_account, to_account, points, effective_date, accrual_date,
    reason, rules_version, allocation_key
from ledger_entries
where
    program = $program
    and partner_id = $partner_id
    and cycle = $cycle
    and kind in ('award', 'promise', 'release', 'reversal')
order by seq
