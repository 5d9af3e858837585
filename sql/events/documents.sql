-- Grain: one event of a document or claim: what counts and of which something is left.
-- Inputs: cycle_documents.
-- Meaning: referenced returns are no events, they reduce the document they refer to (SPEC 2).
select
    'transaction' as event, partner_id, document_date as event_date, 3 as event_rank, source,
    distributor_id, document_no, document_type, fiscal_year, net_amount as amount,
    amount as full_amount, store_id, custom
from cycle_documents
where standing = 'counted' and is_event and net_amount <> 0
