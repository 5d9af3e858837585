-- Grain: one arrival of which not every row counts as it came.
-- Inputs: landed_files (published).
select
    remote_name as file, status, rows_in as "rows", rows_staged as staged,
    rows_quarantined as quarantined, rows_superseded as superseded
from landed_files
where status <> 'counted' or rows_staged <> rows_in
order by remote_name
