-- Grain: one ledger entry of the partner's awards of the cycle, in the order of posting.
-- Inputs: ledger_entries (published); $program, $partner_id, $cycle.
-- Meaning: also those that lie with the partner it was merged into, whose key has '//' and the
--   merged partner (ledger/keys).
select
    entry_id, posted_on, kind, from_account, to_account, points, effective_date, accrual_date,
    reason, rules_version, allocation_key
from ledger_entries
where
    program = $program
    and case
        when contains(allocation_key, '//')
            then replace(replace(split_part(allocation_key, '//', 2), '%2F', '/'), '%25', '%')
        else partner_id
    end = $partner_id
    and cycle = $cycle
    and kind in ('award', 'promise', 'release', 'reversal', 'campaign', 'forfeit')
order by seq
