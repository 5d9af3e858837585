-- Grain: one document or claim that bears on the partner's sales of the cycle: dated in it, or a
--   return of one that is; also one that names the partner and counts for another.
-- Inputs: billing_transactions, cycles (published); $program, $partner_id, $cycle.
select
    documents.document_date, documents.document_no, documents.document_type, documents.partner_id,
    documents.distributor_name, documents.distributor_id, documents.amount,
    documents.net_amount, documents.status, documents.original_document_no,
    documents.original_date, documents.taken, documents.reason
from billing_transactions as documents
join cycles on cycles.program = documents.program and cycles.cycle = $cycle
where
    documents.program = $program
    and $partner_id in (documents.partner_id, documents.document_partner_id)
    and (
        documents.document_date between cycles.starts_on and cycles.ends_on
        or documents.original_date between cycles.starts_on and cycles.ends_on
    )
order by
    documents.document_date, documents.distributor_id, documents.document_no,
    documents.document_type, documents.status
