-- Grain: one document, partner and date, with the business date of the posting that first evaluated
--   it so.
-- Inputs: posted_documents (sales_documents of all postings of the cycle, with filename),
--   posted_files (path, source, first_on), homes (partner_id, home_id: merged partners).
-- Meaning: a document that goes to another partner or date is evaluated anew, as with what was read
--   (event_reads).
select
    posted_files.source, posted_documents.distributor_id, posted_documents.document_no,
    posted_documents.document_type, posted_documents.fiscal_year, posted_documents.document_date,
    coalesce(homes.home_id, posted_documents.partner_id) as partner_id,
    min(posted_files.first_on) as first_on
from posted_documents
join posted_files on posted_files.path = posted_documents.filename
left join homes on homes.partner_id = posted_documents.partner_id
group by all
