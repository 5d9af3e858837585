-- Grain: one payment of an invoice; without a fiscal year one that is no known invoice's.
-- Inputs: tenders_lines (all staged files, with filename), feed_files (path, file_rank),
--   tendered_invoices.
-- Meaning: the latest file of an invoice has all of its payments: payments have no number of their
--   own, so that one which is no longer there can only be told by the whole.
select
    tenders_lines.distributor_id, tenders_lines.document_no, tendered_invoices.fiscal_year,
    tenders_lines.tender_type, tenders_lines.amount
from tenders_lines
join feed_files on feed_files.path = tenders_lines.filename
join tendered_invoices
    on tendered_invoices.distributor_id = tenders_lines.distributor_id
    and tendered_invoices.document_no = tenders_lines.document_no
    and tendered_invoices.file_rank = feed_files.file_rank
order by
    tenders_lines.distributor_id, tenders_lines.document_no, tendered_invoices.fiscal_year,
    tenders_lines.tender_type, tenders_lines.amount
