-- Grain: one event, with what was read for it when it was first evaluated; and one award of the cycle
--   or of a month of it, with the day that first posted it.
-- Inputs: reads, turns.
select
    event, source, distributor_id, document_no, document_type, fiscal_year, event_date,
    partner_id, first_on, current_points, promised_points
from (
    select
        event, source, distributor_id, document_no, document_type, fiscal_year, event_date,
        partner_id, first_on, current_points, promised_points
    from reads
    union all by name
    select * from turns
) as kept
order by
    event, source, distributor_id, document_no, document_type, fiscal_year, event_date, partner_id
