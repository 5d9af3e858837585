-- Grain: one document number of which payments are known.
-- Inputs: tenders_lines (all staged files, with filename), feed_files (path, file_rank, file_date).
-- Meaning: what the payments add up to, by the latest file that names the document: it replaces
--   what earlier files say about it as a whole.
with latest as (
    select
        tenders_lines.distributor_id, tenders_lines.document_no,
        max(feed_files.file_rank) as file_rank
    from tenders_lines
    join feed_files on feed_files.path = tenders_lines.filename
    group by tenders_lines.distributor_id, tenders_lines.document_no
)

select
    tenders_lines.distributor_id, tenders_lines.document_no, feed_files.file_date,
    sum(tenders_lines.amount) as total
from tenders_lines
join feed_files on feed_files.path = tenders_lines.filename
join latest
    on latest.distributor_id = tenders_lines.distributor_id
    and latest.document_no = tenders_lines.document_no
    and latest.file_rank = feed_files.file_rank
group by tenders_lines.distributor_id, tenders_lines.document_no, feed_files.file_date
