-- Grain: one redemption or reversal, as the latest file has it.
-- Inputs: redemptions_lines (all staged files, with filename), feed_files (path, file_rank,
--   file_id).
-- Meaning: file_id is the file that said so last; a refused redemption is tried again when
--   another file brings it.
with delivered as (
    select
        redemptions_lines.redemption_id, redemptions_lines.partner_id,
        redemptions_lines.redeemed_on, redemptions_lines.points, redemptions_lines.reverses,
        feed_files.file_id, redemptions_lines.file_line,
        row_number() over (
            partition by redemptions_lines.redemption_id order by feed_files.file_rank desc
        ) as recency
    from redemptions_lines
    join feed_files on feed_files.path = redemptions_lines.filename
)

select redemption_id, partner_id, redeemed_on, points, reverses, file_id, file_line
from delivered
where recency = 1
order by redemption_id
