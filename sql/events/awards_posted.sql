-- Grain: one award of the cycle, or of a month of it, that a posting of the cycle came to.
-- Inputs: posted_awards (point_allocations as the posting promoted them); $place (of the posting
--   among those of the cycle), $first_on (its business date).
-- Meaning: as awards/turns keeps them.
select distinct
    'award of the cycle' as event, '' as source, '' as distributor_id, document_no, document_type,
    cast(0 as smallint) as fiscal_year, event_date, partner_id,
    cast($place as integer) as place, cast($first_on as date) as first_on,
    cast(null as decimal(18, 3)) as current_points, cast(null as decimal(18, 3)) as promised_points
from posted_awards
where event = 'cycle_close' and (rounded_points <> 0 or forgone_by is not null)
