-- Grain: what one file of payments says of one document number.
-- Inputs: tenders_lines (all staged files, with filename), feed_files (path, file_rank, file_date).
-- Meaning: what its payments add up to.
select
    feed_files.file_rank, feed_files.file_date, tenders_lines.distributor_id,
    tenders_lines.document_no, sum(tenders_lines.amount) as total
from tenders_lines
join feed_files on feed_files.path = tenders_lines.filename
group by
    feed_files.file_rank, feed_files.file_date, tenders_lines.distributor_id,
    tenders_lines.document_no
