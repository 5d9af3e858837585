-- Grain: one arrival of a file with quarantined rows.
-- Inputs: quarantine (published).
-- Meaning: how many of a file's quarantined rows a later file has corrected.
update landed_files
set rows_healed = healed.healed
from (
    select source, file_id, count(*) as healed
    from quarantine
    where status = 'healed'
    group by source, file_id
) as healed
where
    landed_files.source = healed.source and landed_files.file_id = healed.file_id
    and landed_files.rows_quarantined > 0
