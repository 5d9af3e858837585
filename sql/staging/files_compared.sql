-- Grain: one file with a version that is compared with others.
-- Inputs: compared_versions.
select distinct file_rank
from compared_versions
order by file_rank
