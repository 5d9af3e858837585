-- Grain: one month of a distributor (null: of all) that a file replaces.
-- Inputs: document_files (file_rank, replaces, scope_month, scope_distributor), versions,
--   unread_documents.
-- Meaning: what the file's name or control file gives, else the months of the distributors of its
--   rows. A file with a row of which not even the document can be told replaces nothing: what
--   seems to be missing in it may be that row.
with replacing as (
    select file_rank, scope_month, scope_distributor
    from document_files
    where
        replaces
        and file_rank not in (
            select unread_documents.file_rank
            from unread_documents
            where unread_documents.subject is null
        )
)

select file_rank, scope_distributor as distributor_id, scope_month as month
from replacing
where scope_month is not null
union
select
    versions.file_rank, versions.distributor_id,
    strftime(versions.document_date, '%Y-%m') as month
from versions
join replacing using (file_rank)
where
    replacing.scope_month is null
    and versions.distributor_id = coalesce(replacing.scope_distributor, versions.distributor_id)
