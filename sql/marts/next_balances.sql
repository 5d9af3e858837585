-- Grain: one partner of a program that ever had an entry.
-- Inputs: partner_balances (as they were), entries and entry_files (what is new).
-- Meaning: balances as they were plus what the new entries move; equal to the sum over the
--   whole ledger, at the cost of the new part.
with moves as (
    select
        entry_files.program, entries.partner_id,
        case when entries.to_account = 'promised' then entries.points else 0 end
        - case when entries.from_account = 'promised' then entries.points else 0 end as promised,
        case when entries.to_account = 'current' then entries.points else 0 end
        - case when entries.from_account = 'current' then entries.points else 0 end as current
    from entries
    join entry_files on entry_files.path = entries.filename
    union all
    select program, partner_id, promised, current from partner_balances
)

select
    program, partner_id,
    cast(sum(promised) as decimal(18, 3)) as promised,
    cast(sum(current) as decimal(18, 3)) as current,
    cast(sum(promised) + sum(current) as decimal(18, 3)) as total
from moves
group by program, partner_id
order by program, partner_id
