-- Grain: one instruction, as the latest file has it.
-- Inputs: instructions_lines (all staged files, with filename), feed_files (path, file_rank).
with delivered as (
    select
        instructions_lines.instruction_id, instructions_lines.kind,
        instructions_lines.partner_id, instructions_lines.effective_on,
        instructions_lines.to_partner_id, instructions_lines.points,
        instructions_lines.document_no, instructions_lines.tier, instructions_lines.until,
        instructions_lines.reason, instructions_lines.maker, instructions_lines.checker,
        row_number() over (
            partition by instructions_lines.instruction_id order by feed_files.file_rank desc
        ) as recency
    from instructions_lines
    join feed_files on feed_files.path = instructions_lines.filename
)

select
    instruction_id, kind, partner_id, effective_on, to_partner_id, points, document_no, tier,
    until, reason, maker, checker
from delivered
where recency = 1
order by instruction_id
