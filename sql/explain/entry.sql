-- Grain: the one entry asked for.
-- Inputs: ledger_entries (published); $program, $entry_id.
select partner_id, cycle from ledger_entries where program = $program and entry_id = $entry_id
