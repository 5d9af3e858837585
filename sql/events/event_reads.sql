-- Grain: one event, with what was read for it when it was first evaluated.
-- Inputs: reads.
select
    event, source, distributor_id, document_no, document_type, fiscal_year, event_date,
    partner_id, first_on, current_points, promised_points
from reads
order by
    event, source, distributor_id, document_no, document_type, fiscal_year, event_date, partner_id
