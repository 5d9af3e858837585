-- Grain: one document number whose payments may have changed.
-- Inputs: tenders_lines (of new files, and of earlier readings of files that were read again).
select distinct distributor_id, document_no
from tenders_lines
