-- Grain: one row: what the statements of partners say about a cycle. Asked of the published file.
-- Inputs: ledger_entries; $program, $cycle.
select
    count(*) as entries, count(distinct partner_id) as partners,
    coalesce(max(entry_id), 0) as last_entry
from ledger_entries
where program = $program and cycle = $cycle
