-- Grain: one row of a source that waits for a correction, the latest files first.
-- Asked of the published file. Inputs: quarantine, landed_files; $source, $most (rows).
with arrived as (
    select file_id, max(landed_at) as landed_at
    from landed_files
    where source = $source
    group by file_id
)

select
    quarantine.remote_name, quarantine.feed, quarantine.line_no, quarantine.reasons,
    quarantine.raw, quarantine.file_id
from quarantine
join arrived using (file_id)
where quarantine.source = $source and quarantine.status = 'open' and quarantine.line_no is not null
order by arrived.landed_at desc, quarantine.remote_name, quarantine.line_no
limit $most
