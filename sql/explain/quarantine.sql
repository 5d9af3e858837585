-- Grain: one line that was kept out, or one refused file.
-- Inputs: quarantine, landed_files (published); $remote_name, null for all.
select distinct
    landed_files.remote_name as file, quarantine.line_no as line, quarantine.feed,
    quarantine.reasons, quarantine.raw, quarantine.status
from quarantine
left join landed_files on landed_files.file_id = quarantine.file_id
where $remote_name is null or landed_files.remote_name = $remote_name
order by file, line
