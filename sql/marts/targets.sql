-- Grain: one target of a partner, cycle and category, or of all categories together (null).
-- Inputs: work.targets (all sources), work.files, work.program_sources.
select
    program_sources.program, targets.partner_id, targets.cycle, targets.category, targets.target,
    substr(files.scope, 8) as source
from work.targets as targets
join work.files as files on files.path = targets.filename
join work.program_sources as program_sources on program_sources.scope = files.scope
