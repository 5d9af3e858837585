-- Grain: one line that was kept out, or one refused or waiting file.
-- Inputs: quarantine (published); $remote_name and $status, null for all.
select distinct
    source, remote_name as file, line_no as line, feed, reasons, raw, status, file_id
from quarantine
where
    ($remote_name is null or remote_name = $remote_name)
    and ($status is null or status = $status)
order by source, file, line
