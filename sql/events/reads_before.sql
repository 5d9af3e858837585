-- Grain: one event, or award of the cycle, of which something was kept. Inputs: kept_reads.
-- Meaning: as a posting before those that kept nothing (events/first_days).
select
    event, source, distributor_id, document_no, document_type, fiscal_year, event_date, partner_id,
    cast(-1 as integer) as place, first_on, current_points, promised_points
from kept_reads
