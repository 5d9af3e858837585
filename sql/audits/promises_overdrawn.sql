-- Grain: one offending entry. No rows: at no point of the journal was more released,
--   forfeited or reversed of a promise than was promised.
-- Inputs: entries (with commit_number).
with running as (
    select
        commit_number, line, partner_id, allocation_key, accrual_date,
        sum(
            case when to_account = 'promised' then points else -points end
        ) over (
            partition by partner_id, allocation_key, accrual_date
            order by commit_number, line
        ) as promised
    from entries
    where 'promised' in (from_account, to_account)
)

select
    commit_number, line,
    partner_id || ' ' || allocation_key || ': ' || promised || ' promised points' as finding
from running
where promised < 0
order by commit_number, line
