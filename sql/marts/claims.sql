-- Grain: one claim: an uploaded invoice and its review.
-- Inputs: work.claims (all sources), work.files, work.program_sources.
-- Meaning: what became of an approved one is in billing_transactions.
select
    program_sources.program, claims.claim_id, claims.partner_id, claims.distributor_id,
    claims.document_no, claims.document_date, claims.amount, claims.status, claims.reviewed_on,
    claims.reviewer, substr(files.scope, 8) as source
from work.claims as claims
join work.files as files on files.path = claims.filename
join work.program_sources as program_sources on program_sources.scope = files.scope
