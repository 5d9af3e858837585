-- Grain: one line of a document that is held back, as it came.
-- Inputs: held (file_id, line_no, reasons, raw, subject).
select file_id, line_no, reasons, raw, subject
from held
order by file_id, line_no
