-- Grain: one document (distributor, type, number, fiscal year).
-- Inputs: versions, retracted (documents of earlier readings of files that were read again),
--   touched_scopes (months that files replace), touched_numbers (invoices with new payments);
--   $resolved_until and $today bound the documents that became due since the last run (they
--   were future-dated then).
-- Meaning: the documents that new files, or the passing of time, can change.
select distributor_id, document_type, document_no, fiscal_year
from versions
where is_new or (document_date > $resolved_until and document_date <= $today)
union
select distributor_id, document_type, document_no, fiscal_year
from retracted
union
select
    versions.distributor_id, versions.document_type, versions.document_no, versions.fiscal_year
from versions
semi join touched_scopes
    on touched_scopes.month = strftime(versions.document_date, '%Y-%m')
    and versions.distributor_id = coalesce(touched_scopes.distributor_id, versions.distributor_id)
union
select
    versions.distributor_id, versions.document_type, versions.document_no, versions.fiscal_year
from versions
semi join touched_numbers using (distributor_id, document_no)
where versions.document_type = 'invoice'
