-- Grain: one document, with the business date of the posting that first evaluated it.
-- Inputs: posted_documents (sales_documents of all postings of the cycle, with filename),
--   posted_files (path, source, first_on).
select
    posted_files.source, posted_documents.distributor_id, posted_documents.document_no,
    posted_documents.document_type, posted_documents.fiscal_year,
    min(posted_files.first_on) as first_on
from posted_documents
join posted_files on posted_files.path = posted_documents.filename
group by all
