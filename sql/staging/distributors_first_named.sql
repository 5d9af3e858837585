-- Grain: one distributor, with the file that named it first: its rank and its date.
-- Inputs: distributors_lines (all staged files, with filename), feed_files (path, file_rank,
--   file_date).
-- Meaning: from when on files of a distributor are expected (coverage).
select
    distributors_lines.distributor_id,
    min(feed_files.file_rank) as file_rank,
    min_by(feed_files.file_date, feed_files.file_rank) as file_date
from distributors_lines
join feed_files on feed_files.path = distributors_lines.filename
group by distributors_lines.distributor_id
order by distributors_lines.distributor_id
