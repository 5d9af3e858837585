-- Grain: one row of a source that waits for a correction, the latest files first.
-- Asked of the published file. Inputs: quarantine, landed_files; $source, $most (rows).
select
    quarantine.remote_name, quarantine.feed, quarantine.line_no, quarantine.reasons,
    quarantine.raw, quarantine.file_id
from quarantine
join landed_files
    on landed_files.source = quarantine.source and landed_files.file_id = quarantine.file_id
where quarantine.source = $source and quarantine.status = 'open' and quarantine.line_no is not null
order by landed_files.landed_at desc, quarantine.remote_name, quarantine.line_no
limit $most
