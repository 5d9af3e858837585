-- Grain: one document, where no document has two versions and none is held: all of them.
-- Inputs: acceptable.
-- Meaning: the first delivery of anything. Read from the files as they are: copying 2.5 million
--   documents first took a tenth of a first load.
select
    file_rank, file_rank as winner_rank, distributor_id, document_type, document_no, fiscal_year,
    document_date, partner_id, store_id, original_document_no, original_document_date, amount,
    line_count, family_no, custom
from acceptable
