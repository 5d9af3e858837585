-- Macro: balances_as_of(as_of, known_at), one row a partner with entries by then.
-- Inputs: ledger_entries.
-- Meaning: points as moved by the end of the effective date as_of, by entries posted by
--   known_at: a day (its end) or a timestamp in UTC. Null is no bound.
create or replace macro balances_as_of(as_of, known_at) as table
select
    program, partner_id,
    cast(
        sum(case when to_account = 'promised' then points else 0 end)
        - sum(case when from_account = 'promised' then points else 0 end)
        as decimal(18, 3)
    ) as promised,
    cast(
        sum(case when to_account = 'current' then points else 0 end)
        - sum(case when from_account = 'current' then points else 0 end)
        as decimal(18, 3)
    ) as current,
    cast(
        sum(case when to_account in ('promised', 'current') then points else 0 end)
        - sum(case when from_account in ('promised', 'current') then points else 0 end)
        as decimal(18, 3)
    ) as total
from ledger_entries
where
    effective_date <= coalesce(cast(as_of as date), date '9999-12-31')
    and posted_at <= known_until(known_at)
group by program, partner_id;
