-- Grain: one instruction.
-- Inputs: work.instructions (all sources), work.files, work.program_sources.
select
    program_sources.program, instructions.instruction_id, instructions.kind,
    instructions.partner_id, instructions.effective_on, instructions.to_partner_id,
    instructions.points, instructions.document_no, instructions.tier, instructions.until,
    instructions.reason, instructions.maker, instructions.checker,
    substr(files.scope, 8) as source
from work.instructions as instructions
join work.files as files on files.path = instructions.filename
join work.program_sources as program_sources on program_sources.scope = files.scope
