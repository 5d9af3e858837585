-- Grain: one version of a document that does not count as it was delivered.
-- Inputs: document_states.
select
    file_id, distributor_id, document_type, document_no, fiscal_year, document_date, partner_id,
    amount, line_count, family_no, state
from document_states
order by document_no, distributor_id, document_type, fiscal_year, file_id
