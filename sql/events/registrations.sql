-- Grain: one new partner, on the day of its enrolment (SPEC 2).
-- Inputs: partners (history, all sources); $cycle_start, $cycle_end, $today.
-- Meaning: without an enrolment date, on the date of the first file that names it.
with first_named as (
    select
        partner_id,
        coalesce(max_by(enrolled_on, valid_from), min(valid_from)) as event_date
    from partners
    group by partner_id
)

select
    'registration' as event, partner_id, event_date, 1 as event_rank, '' as source,
    '' as distributor_id, partner_id as document_no, 'registration' as document_type,
    cast(0 as smallint) as fiscal_year
from first_named
where event_date >= $cycle_start and event_date < $cycle_end and event_date <= $today
