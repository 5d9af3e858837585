-- Macro: liability_as_of(as_of, known_at), one row a program and tier with entries by then.
-- Inputs: ledger_entries, tier_history, point_values.
-- Meaning: liability at the end of the book date as_of, by entries posted by known_at (a day or
--   a UTC timestamp; null is no bound): promised points and positive current balances; negative
--   ones are receivable, never netted. tier is the one in force on as_of as known then; value
--   is (promised + current) x the point value of as_of, rounded once a row.
create or replace macro liability_as_of(as_of, known_at) as table
with balances as (
    select
        program, partner_id,
        sum(case when to_account = 'promised' then points else 0 end)
        - sum(case when from_account = 'promised' then points else 0 end) as promised,
        sum(case when to_account = 'current' then points else 0 end)
        - sum(case when from_account = 'current' then points else 0 end) as current
    from ledger_entries
    where
        book_date <= coalesce(cast(as_of as date), date '9999-12-31')
        and posted_at <= known_until(known_at)
    group by program, partner_id
),

tiers as (
    select program, partner_id, tier
    from tier_history
    where
        valid_from <= coalesce(cast(as_of as date), date '9999-12-30')
        and coalesce(valid_to, date '9999-12-31')
        > coalesce(cast(as_of as date), date '9999-12-30')
        and known_from <= known_until(known_at)
        and coalesce(known_to, timestamp '9999-12-31 00:00:01') > known_until(known_at)
),

by_tier as (
    select
        balances.program, tiers.tier,
        cast(sum(balances.promised) as decimal(18, 3)) as promised,
        cast(sum(greatest(balances.current, 0)) as decimal(18, 3)) as current,
        cast(sum(greatest(-balances.current, 0)) as decimal(18, 3)) as receivable
    from balances
    left join tiers
        on tiers.program = balances.program and tiers.partner_id = balances.partner_id
    group by balances.program, tiers.tier
)

select
    by_tier.program, by_tier.tier, by_tier.promised, by_tier.current, by_tier.receivable,
    cast((by_tier.promised + by_tier.current) * point_values.point_value as decimal(18, 2))
        as value,
    cast(by_tier.receivable * point_values.point_value as decimal(18, 2)) as receivable_value
from by_tier
left join point_values
    on point_values.program = by_tier.program
    and coalesce(point_values.valid_from, date '0001-01-01')
    <= coalesce(cast(as_of as date), date '9999-12-30')
    and coalesce(point_values.valid_to, date '9999-12-31')
    > coalesce(cast(as_of as date), date '9999-12-30');
