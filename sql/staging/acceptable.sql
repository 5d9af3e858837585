-- Grain: one version of a document that can count.
-- Inputs: candidates, held_versions, refused_versions.
-- Meaning: the version in force is the newest of these: one that is held leaves the earlier one
--   in force (SPEC 2, Documents).
select
    file_rank, distributor_id, document_type, document_no, fiscal_year, document_date, partner_id,
    store_id, original_document_no, original_document_date, amount, line_count, first_line,
    family_no, custom
from candidates
anti join held_versions
    using (file_rank, distributor_id, document_type, document_no, fiscal_year)
anti join refused_versions
    using (file_rank, distributor_id, document_type, document_no, fiscal_year)
