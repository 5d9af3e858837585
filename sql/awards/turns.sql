-- Grain: one award of the cycle, or of a month of it, of a partner, with the day that first posted it.
-- Inputs: rows_in (awards before caps), earlier_reads (event_reads of the cycle as promoted); $today.
-- Meaning: a budget serves who was posted first (SPEC 5, Caps): what a late sale earns a partner by
--   the cycle comes after what others were given when it closed. Kept with what was read for events,
--   under an event of its own, since a cycle's close is evaluated while it is only projected, too.
select distinct
    'award of the cycle' as event, '' as source, '' as distributor_id, rows_in.document_no,
    rows_in.document_type, cast(0 as smallint) as fiscal_year, rows_in.event_date,
    rows_in.partner_id, coalesce(earlier_reads.first_on, cast($today as date)) as first_on,
    cast(0 as decimal(18, 3)) as current_points, cast(0 as decimal(18, 3)) as promised_points
from rows_in
left join earlier_reads
    on earlier_reads.event = 'award of the cycle'
    and earlier_reads.document_type = rows_in.document_type
    and earlier_reads.event_date = rows_in.event_date
    and earlier_reads.partner_id = rows_in.partner_id
where
    rows_in.event = 'cycle_close' and not rows_in.is_projected
    and (rows_in.rounded_points <> 0 or rows_in.forgone_by is not null)
