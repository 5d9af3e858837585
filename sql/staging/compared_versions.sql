-- Grain: one version, of a document that a file to be judged names as well as another file.
-- Inputs: versions, judged_files (file_rank), document_files, earlier_states; $today.
-- Meaning: versions that count, and those that would if their file did, now or (not is_due) from
--   their date on. One that does not count, held or superseded, is nothing that a new file could
--   change.
with several as (
    select
        versions.distributor_id, versions.document_type, versions.document_no,
        versions.fiscal_year
    from versions
    left join judged_files using (file_rank)
    where versions.document_date <= $today or judged_files.file_rank is not null
    group by
        versions.distributor_id, versions.document_type, versions.document_no,
        versions.fiscal_year
    having count(*) > 1 and count(judged_files.file_rank) > 0
)

select
    versions.file_rank, versions.distributor_id, versions.document_type, versions.document_no,
    versions.fiscal_year, versions.document_date, versions.partner_id, versions.store_id,
    versions.original_document_no, versions.original_document_date, versions.custom,
    versions.document_date <= $today as is_due
from versions
join document_files using (file_rank)
semi join several using (distributor_id, document_type, document_no, fiscal_year)
anti join earlier_states
    on earlier_states.file_id = document_files.file_id
    and earlier_states.distributor_id = versions.distributor_id
    and earlier_states.document_type = versions.document_type
    and earlier_states.document_no = versions.document_no
    and earlier_states.fiscal_year = versions.fiscal_year
left join judged_files using (file_rank)
where versions.document_date <= $today or judged_files.file_rank is not null
