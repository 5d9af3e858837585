-- Grain: one store of a source that a program reads and the day from which a file says something new
--   about it.
-- Inputs: work.stores (all sources), work.files, work.program_sources.
-- Meaning: valid_to is exclusive, null for the latest.
select
    program_sources.program, stores.store_id, stores.valid_from, stores.valid_to,
    substr(files.scope, 8) as source
from work.stores as stores
join work.files as files on files.path = stores.filename
join work.program_sources as program_sources on program_sources.scope = files.scope
