-- Grain: one program with new entries. Inputs: entries, entry_files (as in new_entries).
select entry_files.program, min(entries.book_date) as first_book_date
from entries
join entry_files on entry_files.path = entries.filename
group by entry_files.program
