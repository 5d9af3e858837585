-- Grain: one target: of a partner, a cycle and a category, or of all categories together (null).
-- Inputs: targets_lines (all staged files, with filename), feed_files (path, file_rank).
-- Meaning: as the latest file has it. Nulls are one group, so that the target of all categories is
--   one of its own beside those of each.
with delivered as (
    select
        targets_lines.partner_id, targets_lines.cycle, targets_lines.category,
        targets_lines.target,
        row_number() over (
            partition by targets_lines.partner_id, targets_lines.cycle, targets_lines.category
            order by feed_files.file_rank desc
        ) as recency
    from targets_lines
    join feed_files on feed_files.path = targets_lines.filename
)

select partner_id, cycle, category, target
from delivered
where recency = 1
order by partner_id, cycle, category nulls first
