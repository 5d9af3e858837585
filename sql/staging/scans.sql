-- Grain: one scan, as the latest file has it.
-- Inputs: scans_lines (all staged files, with filename), feed_files (path, file_rank).
-- Meaning: a QR code earns once, for its earliest scan by day, then by identity (SPEC 2): that one
--   is counted, the others are superseded.
with delivered as (
    select
        scans_lines.scan_id, scans_lines.partner_id, scans_lines.scanned_on, scans_lines.code,
        scans_lines.sku, scans_lines.points,
        row_number() over (
            partition by scans_lines.scan_id order by feed_files.file_rank desc
        ) as recency
    from scans_lines
    join feed_files on feed_files.path = scans_lines.filename
)

select
    scan_id, partner_id, scanned_on, code, sku, points,
    case
        when row_number() over (partition by code order by scanned_on, scan_id) = 1
            then 'counted'
        else 'superseded'
    end as status
from delivered
where recency = 1
order by scan_id
