-- Grain: one document (distributor, type, number, fiscal year).
-- Inputs: versions; $resolved_until and $today bound the documents that became due since the
--   last run (they were future-dated then).
-- Meaning: the documents that new files, or the passing of time, can change.
select distinct distributor_id, document_type, document_no, fiscal_year
from versions
where is_new or (document_date > $resolved_until and document_date <= $today)
