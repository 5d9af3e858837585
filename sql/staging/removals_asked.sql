-- Grain: one document that a file to be judged would remove, and the latest file that holds it.
-- Inputs: versions, document_files, judged_files, replaced_scopes, unread_documents,
--   earlier_states.
select
    replaced_scopes.file_rank, versions.distributor_id, versions.document_type,
    versions.document_no, versions.fiscal_year, max(versions.file_rank) as held_by
from replaced_scopes
join judged_files using (file_rank)
join versions
    on replaced_scopes.month = strftime(versions.document_date, '%Y-%m')
    and versions.distributor_id = coalesce(replaced_scopes.distributor_id, versions.distributor_id)
    and versions.file_rank < replaced_scopes.file_rank
join document_files on document_files.file_rank = versions.file_rank
anti join earlier_states
    on earlier_states.file_id = document_files.file_id
    and earlier_states.distributor_id = versions.distributor_id
    and earlier_states.document_type = versions.document_type
    and earlier_states.document_no = versions.document_no
    and earlier_states.fiscal_year = versions.fiscal_year
anti join versions as present
    on present.file_rank = replaced_scopes.file_rank
    and present.distributor_id = versions.distributor_id
    and present.document_type = versions.document_type
    and present.document_no = versions.document_no
    and present.fiscal_year = versions.fiscal_year
anti join unread_documents
    on unread_documents.file_rank = replaced_scopes.file_rank
    and unread_documents.subject = versions.distributor_id || '/' || versions.document_no
group by
    replaced_scopes.file_rank, versions.distributor_id, versions.document_type,
    versions.document_no, versions.fiscal_year
