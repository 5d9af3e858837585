-- Grain: one ledger entry of a commit that the file does not hold yet.
-- Inputs: entries (their files, with filename), entry_files (path, program, number, first_seq,
--   posted_at, run_id).
-- Meaning: an entry is (commit, line); seq runs without gaps over the program.
insert into ledger_entries by name
select
    entry_files.number * 1000000000 + entries.line as entry_id,
    entry_files.number as batch_id,
    entry_files.first_seq + entries.line - 1 as seq,
    entry_files.program, entries.partner_id, entries.cycle, entries.kind, entries.from_account,
    entries.to_account, entries.points, entries.event_date, entries.effective_date,
    entries.book_date, entry_files.posted_at, entries.allocation_key, entries.reason,
    entries.rules_version, entry_files.run_id, entries.accrual_date, entries.posted_on
from entries
join entry_files on entry_files.path = entries.filename
