-- Grain: one line that waits for a correction, or one reason of a file refused whole (no line).
-- Asked of the published file. Inputs: quarantine; $source.
select distinct file_id, remote_name, feed, line_no, reasons, raw
from quarantine
where source = $source and status = 'open'
order by remote_name, file_id, feed, line_no nulls first
