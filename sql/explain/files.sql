-- Grain: one arrival, in the order in which files came.
-- Inputs: landed_files (published); $status, null for all.
select
    remote_name as file, source, feed, status, rows_in as "in", rows_staged as staged,
    rows_quarantined as quarantined, rows_healed as healed, rows_superseded as superseded,
    vouched_by, landed_at, reasons
from landed_files
where $status is null or status = $status
order by landed_at, remote_name
