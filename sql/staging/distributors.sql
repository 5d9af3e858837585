-- Grain: one distributor, as the latest file has it.
-- Inputs: distributors_lines (all staged files, with filename), feed_files (path, file_rank).
with delivered as (
    select
        distributors_lines.distributor_id, distributors_lines.name, distributors_lines.custom,
        row_number() over (
            partition by distributors_lines.distributor_id order by feed_files.file_rank desc
        ) as recency
    from distributors_lines
    join feed_files on feed_files.path = distributors_lines.filename
)

select distributor_id, name, custom
from delivered
where recency = 1
order by distributor_id
