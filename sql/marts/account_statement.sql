-- Grain: one entry that moves a partner's current points.
-- Inputs: ledger_entries.
-- Meaning: what a partner sees, in order of the day the points moved and then of posting, with
--   the running balance. Promised points cannot be spent and appear on the day they are released.
with moves as (
    select
        program, partner_id, effective_date, seq, entry_id, kind, cycle, allocation_key, reason,
        event_date, posted_at,
        case when to_account = 'current' then points end as credit,
        case when from_account = 'current' then points end as debit,
        split_part(split_part(allocation_key, '//', 1), '/', 2) as event,
        -- As ledger/keys reads parts of a key, which a published view cannot call. What a merged
        -- partner was promised has '//' and the partner after the key.
        list_transform(
            string_split(split_part(allocation_key, '//', 1), '/'),
            lambda part: replace(replace(part, '%2F', '/'), '%25', '%')
        ) as parts
    from ledger_entries
    where 'current' in (from_account, to_account)
),

named as (
    select
        *,
        case event
            when 'slabs' then 'cycle ' || cycle || coalesce(', ' || parts[3], '')
            when 'transaction' then replace(parts[10], '_', ' ') || ' ' || parts[11]
            when 'claim' then 'claimed invoice ' || parts[11]
            when 'scan' then 'scan ' || parts[9]
            when 'registration' then 'registration'
            when 'customer_update' then 'new details of ' || parts[9]
            else 'cycle ' || cycle
        end
        -- Strategies, promotions and lines of one event are awards of their own.
        || case
            when event = 'slabs' then ''
            else ' (' || concat_ws(
                ', ',
                replace(parts[4], '_', ' '),
                replace(nullif(parts[5], '-'), '_', ' '),
                case when try_cast(parts[6] as integer) is null then '' else 'line ' end
                || nullif(parts[6], '-')
            ) || ')'
        end as earned_by
    from moves
)

select
    program, partner_id, effective_date as entry_date,
    case
        when kind = 'redemption' then 'Redemption ' || parts[2]
        when kind = 'redemption_reversal' then 'Redemption ' || parts[2] || ' reversed'
        when kind = 'transfer' then replace(reason, 'merge: ', 'Merge: ')
        when kind = 'campaign' then 'C' || substr(reason, 2)
        when event = 'campaign' then 'Points taken back: ' || reason
        when kind = 'award' and reason in ('cycle award', 'award') then 'Points for ' || earned_by
        when kind = 'award' then 'More points for ' || earned_by || ': ' || reason
        when kind = 'release' then 'Promised points of ' || earned_by || ' released'
        when kind = 'reversal' then 'Points of ' || earned_by || ' taken back: ' || reason
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
from named
