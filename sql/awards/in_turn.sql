-- Grain: that of rows_in. Inputs: rows_in (awards before caps), turns.
-- Meaning: awards of the cycle with the day that first posted them; events have theirs already.
select
    rows_in.* exclude (first_on),
    case when rows_in.event = 'cycle_close' then turns.first_on else rows_in.first_on end as first_on
from rows_in
left join turns
    on turns.document_type = rows_in.document_type
    and turns.event_date = rows_in.event_date
    and turns.partner_id = rows_in.partner_id
    and not rows_in.is_projected
    and rows_in.event = 'cycle_close'
