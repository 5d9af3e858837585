-- Grain: one payment of a document.
-- Inputs: tenders_lines (all staged files, with filename), feed_files (path, file_rank).
-- Meaning: the latest file that names a document has all of its payments: payments have no number
--   of their own, so that one which is no longer there can only be told by the whole.
with latest as (
    select
        tenders_lines.distributor_id, tenders_lines.document_no,
        max(feed_files.file_rank) as file_rank
    from tenders_lines
    join feed_files on feed_files.path = tenders_lines.filename
    group by tenders_lines.distributor_id, tenders_lines.document_no
)

select
    tenders_lines.distributor_id, tenders_lines.document_no, tenders_lines.tender_type,
    tenders_lines.amount
from tenders_lines
join feed_files on feed_files.path = tenders_lines.filename
join latest
    on latest.distributor_id = tenders_lines.distributor_id
    and latest.document_no = tenders_lines.document_no
    and latest.file_rank = feed_files.file_rank
order by
    tenders_lines.distributor_id, tenders_lines.document_no, tenders_lines.tender_type,
    tenders_lines.amount
