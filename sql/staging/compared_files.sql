-- Grain: one file with a version that may only repeat what an older file said, or that older file.
-- Inputs: repeated_versions.
select file_rank from repeated_versions where same_header
union
select older_rank from repeated_versions where same_header
order by file_rank
