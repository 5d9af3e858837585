-- Grain: one version of a document: a document (distributor, type, number, fiscal year) in a file.
-- Inputs: file_documents (all staged sales files, with filename), document_files (path, file_rank,
--   is_new).
-- Meaning: every version ever delivered; file_rank orders files from earlier to later (SPEC 2).
select
    document_files.file_rank,
    document_files.is_new,
    file_documents.distributor_id,
    file_documents.document_type,
    file_documents.document_no,
    file_documents.fiscal_year,
    file_documents.document_date,
    file_documents.partner_id,
    file_documents.store_id,
    file_documents.original_document_no,
    file_documents.original_document_date,
    file_documents.amount,
    file_documents.line_count,
    file_documents.first_line,
    file_documents.custom,
    -- A return belongs to the family of the invoice it names; all that can change one member
    -- of a family is another member, so families are what is resolved again.
    case
        when file_documents.document_type = 'invoice' then file_documents.document_no
        else coalesce(file_documents.original_document_no, file_documents.document_no)
    end as family_no
from file_documents
join document_files on document_files.path = file_documents.filename
