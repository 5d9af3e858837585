-- Grain: one version of a document.
-- Inputs: versions, touched_identities.
-- Meaning: all versions of every document that is resolved again.
select
    versions.file_rank, versions.distributor_id, versions.document_type, versions.document_no,
    versions.fiscal_year, versions.document_date, versions.partner_id, versions.store_id,
    versions.original_document_no, versions.original_document_date, versions.amount,
    versions.line_count, versions.first_line, versions.family_no, versions.custom
from versions
semi join touched_identities using (distributor_id, document_type, document_no, fiscal_year)
