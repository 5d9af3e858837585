-- Grain: one scan that earns: the earliest of its code.
-- Inputs: scans (all sources, with filename), scan_files (path, source); $cycle_start, $cycle_end,
--   $today.
-- Meaning: a code that two sources know earns once too, for the earliest scan of them.
with earliest as (
    select
        scans.*, scan_files.source,
        row_number() over (
            partition by scans.code order by scans.scanned_on, scans.scan_id, scan_files.source
        ) as place
    from scans
    join scan_files on scan_files.path = scans.filename
    where scans.status = 'counted'
)

select
    'scan' as event, partner_id, scanned_on as event_date, 3 as event_rank, source,
    '' as distributor_id, scan_id as document_no, 'scan' as document_type,
    cast(0 as smallint) as fiscal_year, scan_id, code, sku, points
from earliest
where
    place = 1
    and scanned_on >= $cycle_start and scanned_on < $cycle_end and scanned_on <= $today
