-- Grain: one distributor of a source that a program reads.
-- Inputs: work.distributors (all sources), work.files, work.program_sources.
select
    program_sources.program, distributors.distributor_id, distributors.name,
    substr(files.scope, 8) as source, distributors.custom
from work.distributors as distributors
join work.files as files on files.path = distributors.filename
join work.program_sources as program_sources on program_sources.scope = files.scope
