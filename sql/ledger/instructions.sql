-- Grain: one instruction about a partner's promises.
-- Inputs: instructions (staged, all sources, with filename), input_files (path, source), homes
--   (partner_id, home_id: merged partners); $until.
-- Meaning: in the order in which they take effect. One about a merged partner concerns the
--   partner it became.
select
    instructions.effective_on, instructions.instruction_id, input_files.source,
    instructions.kind, coalesce(homes.home_id, instructions.partner_id) as partner_id,
    instructions.points, instructions.document_no, coalesce(instructions.reason, '') as reason
from instructions
join input_files on input_files.path = instructions.filename
left join homes on homes.partner_id = instructions.partner_id
where
    instructions.kind in ('hold', 'unhold', 'release', 'cancel_promise')
    and instructions.effective_on <= $until
order by instructions.effective_on, instructions.instruction_id, input_files.source
