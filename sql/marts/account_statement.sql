-- Grain: one entry that moves a partner's current points.
-- Inputs: ledger_entries.
-- Meaning: what a partner sees, in order of the day the points moved and then of posting, with
--   the running balance. Promised points cannot be spent and appear on the day they are released.
with moves as (
    select
        program, partner_id, effective_date, seq, entry_id, kind, cycle, allocation_key, reason,
        -- As ledger/keys reads a part of a key, which a published view cannot call.
        replace(replace(split_part(allocation_key, '/', 2), '%2F', '/'), '%25', '%')
            as redemption_id,
        event_date, posted_at,
        case when to_account = 'current' then points end as credit,
        case when from_account = 'current' then points end as debit
    from ledger_entries
    where 'current' in (from_account, to_account)
)

select
    program, partner_id, effective_date as entry_date,
    case kind
        when 'award' then
            case
                when reason = 'cycle award' then 'Points for cycle ' || cycle
                else 'More points for cycle ' || cycle || ': ' || reason
            end
        when 'release' then 'Promised points of cycle ' || cycle || ' released'
        when 'reversal' then 'Points of cycle ' || cycle || ' taken back: ' || reason
        when 'redemption' then 'Redemption ' || redemption_id
        when 'redemption_reversal' then
            'Redemption ' || redemption_id || ' reversed'
        when 'transfer' then 'Transfer, ' || reason
        else kind || ': ' || reason
    end as description,
    credit, debit,
    cast(
        sum(coalesce(credit, 0) - coalesce(debit, 0)) over (
            partition by program, partner_id order by effective_date, seq
            rows unbounded preceding
        ) as decimal(18, 3)
    ) as balance,
    kind, cycle, allocation_key, event_date, posted_at, entry_id, seq
from moves
