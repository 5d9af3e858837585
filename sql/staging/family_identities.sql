-- Grain: one document (distributor, type, number, fiscal year).
-- Inputs: versions, touched_families.
-- Meaning: every document with any version in a touched family.
select distinct
    versions.distributor_id, versions.document_type, versions.document_no, versions.fiscal_year
from versions
semi join touched_families using (distributor_id, family_no)
