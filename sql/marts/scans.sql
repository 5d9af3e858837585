-- Grain: one scan of a QR code.
-- Inputs: work.scans (all sources), work.files, work.program_sources.
-- Meaning: status counted is the scan that a code earns for, the others are superseded.
select
    program_sources.program, scans.scan_id, scans.partner_id, scans.scanned_on, scans.code,
    scans.sku, scans.points, scans.status, substr(files.scope, 8) as source
from work.scans as scans
join work.files as files on files.path = scans.filename
join work.program_sources as program_sources on program_sources.scope = files.scope
