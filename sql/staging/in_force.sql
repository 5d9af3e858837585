-- Grain: one document in force.
-- Inputs: chosen, ended_versions.
-- Meaning: the version of each document that counts, before returns are set against invoices.
select
    file_rank, winner_rank, distributor_id, document_type, document_no, fiscal_year,
    document_date, partner_id, store_id, original_document_no, original_document_date, amount,
    line_count, family_no, custom
from chosen
anti join ended_versions
    using (file_rank, distributor_id, document_type, document_no, fiscal_year)
