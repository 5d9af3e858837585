-- Grain: one document of which a file that replaces a period has quarantined rows.
-- Inputs: file_quarantine (of these files, with filename), quarantine_files (path, file_rank).
-- Meaning: such a document is not missing in the file. subject is distributor_id/document_no, or
--   null where a row does not even say that.
select distinct quarantine_files.file_rank, file_quarantine.subject
from file_quarantine
join quarantine_files on quarantine_files.path = file_quarantine.filename
