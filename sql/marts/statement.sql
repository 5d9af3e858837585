-- Grain: one move of a partner's current points in a range of days.
-- Inputs: account_statement; $program, $partner, $first, $last (null: no bound).
select
    entry_date, description, cycle, event_date, credit, debit, balance, allocation_key, entry_id
from account_statement
where
    program = $program and partner_id = $partner
    and entry_date >= coalesce(cast($first as date), date '0001-01-01')
    and entry_date <= coalesce(cast($last as date), date '9999-12-31')
order by entry_date, seq
