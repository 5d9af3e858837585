-- Grain: one version of a document that a later file no longer holds.
-- Inputs: candidates, chosen, held_versions, refused_versions, replaced_scopes, unread_documents.
-- Meaning: ended_by is the latest file that replaces the version's month and lacks the document.
--   Only versions matter that count or are held: others are superseded anyway.
with at_stake as (
    select
        file_rank, winner_rank as said_by, distributor_id, document_type, document_no,
        fiscal_year, document_date
    from chosen
    union all
    select
        candidates.file_rank, candidates.file_rank as said_by, candidates.distributor_id,
        candidates.document_type, candidates.document_no, candidates.fiscal_year,
        candidates.document_date
    from candidates
    semi join held_versions
        using (file_rank, distributor_id, document_type, document_no, fiscal_year)
    union all
    select
        candidates.file_rank, candidates.file_rank as said_by, candidates.distributor_id,
        candidates.document_type, candidates.document_no, candidates.fiscal_year,
        candidates.document_date
    from candidates
    semi join refused_versions
        using (file_rank, distributor_id, document_type, document_no, fiscal_year)
),

missed as (
    select
        at_stake.file_rank, at_stake.distributor_id, at_stake.document_type,
        at_stake.document_no, at_stake.fiscal_year, replaced_scopes.file_rank as ended_by
    from at_stake
    join replaced_scopes
        on replaced_scopes.month = strftime(at_stake.document_date, '%Y-%m')
        and at_stake.distributor_id
        = coalesce(replaced_scopes.distributor_id, at_stake.distributor_id)
        and replaced_scopes.file_rank > at_stake.said_by
    anti join candidates
        on candidates.file_rank = replaced_scopes.file_rank
        and candidates.distributor_id = at_stake.distributor_id
        and candidates.document_type = at_stake.document_type
        and candidates.document_no = at_stake.document_no
        and candidates.fiscal_year = at_stake.fiscal_year
    anti join unread_documents
        on unread_documents.file_rank = replaced_scopes.file_rank
        and unread_documents.subject = at_stake.distributor_id || '/' || at_stake.document_no
)

select
    file_rank, distributor_id, document_type, document_no, fiscal_year, max(ended_by) as ended_by
from missed
group by file_rank, distributor_id, document_type, document_no, fiscal_year
