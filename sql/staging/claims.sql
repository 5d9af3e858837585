-- Grain: one claim, as the latest file has it.
-- Inputs: claims_lines (all staged files, with filename), feed_files (path, file_rank).
-- Meaning: an uploaded invoice and its review: a later file that rejects an approved claim takes
--   it back. Which claims count is decided over all sources of a program (earning/claims).
with delivered as (
    select
        claims_lines.claim_id, claims_lines.partner_id, claims_lines.distributor_id,
        claims_lines.document_no, claims_lines.document_date, claims_lines.amount,
        claims_lines.status, claims_lines.reviewed_on, claims_lines.reviewer,
        row_number() over (
            partition by claims_lines.claim_id order by feed_files.file_rank desc
        ) as recency
    from claims_lines
    join feed_files on feed_files.path = claims_lines.filename
)

select
    claim_id, partner_id, distributor_id, document_no, document_date, amount, status, reviewed_on,
    reviewer
from delivered
where recency = 1
order by claim_id
