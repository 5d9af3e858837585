-- Grain: one arrival of a source. Asked of the published file. Inputs: landed_files; $source.
select
    remote_name, feed, status, rows_in, rows_staged, rows_quarantined, rows_superseded, reasons,
    replaced_by
from landed_files
where source = $source
order by remote_name, landed_at
