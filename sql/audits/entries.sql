-- Grain: one entry of the program, with the number and kind of its commit.
-- Inputs: rows_of_files (all files of entries, with filename), entry_files (path,
--   commit_number, commit_kind).
select
    entry_files.commit_number, entry_files.commit_kind, rows_of_files.line,
    rows_of_files.partner_id, rows_of_files.cycle, rows_of_files.kind,
    rows_of_files.from_account, rows_of_files.to_account, rows_of_files.points,
    rows_of_files.event_date, rows_of_files.effective_date, rows_of_files.accrual_date,
    rows_of_files.posted_on, rows_of_files.allocation_key
from rows_of_files
join entry_files on entry_files.path = rows_of_files.filename
