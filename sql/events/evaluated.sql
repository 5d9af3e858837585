-- Grain: one event that a posting of the cycle evaluated. Inputs: events_in; $place (of the posting
--   among those of the cycle), $first_on (its business date).
select
    event, source, distributor_id, document_no, document_type, fiscal_year, event_date, partner_id,
    cast($place as integer) as place, cast($first_on as date) as first_on,
    cast(null as decimal(18, 3)) as current_points, cast(null as decimal(18, 3)) as promised_points
from events_in
