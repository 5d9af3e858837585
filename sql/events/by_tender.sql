-- Grain: one payment mode of an event that was forwarded to rules about payments.
-- Inputs: events_in, event_tenders.
select
    events_in.*, event_tenders.tender_type, event_tenders.tender_amount,
    event_tenders.tender_type as unit, event_tenders.tender_amount as unit_amount
from events_in
join event_tenders using (source, distributor_id, document_type, document_no, fiscal_year)
