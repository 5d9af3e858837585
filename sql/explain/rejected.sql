-- Grain: one line that waits for a correction, or one reason of a file refused whole (no line).
-- Asked of the published file. Inputs: quarantine; $source, $remote_name (null for all).
select distinct file_id, remote_name, feed, line_no, reasons, raw
from quarantine
where
    source = $source and status = 'open'
    and ($remote_name is null or remote_name = $remote_name)
order by remote_name, file_id, feed, line_no nulls first
