-- Grain: one partner and stretch of days with the same fields.
-- Inputs: partners (history by file date, all sources).
-- Meaning: an event sees the fields in force on its date, or the earliest known (SPEC 2): the
--   first stretch reaches back for ever. Of two sources that say something on one day the one
--   that says more of the custom fields counts, so that the answer is one row.
with said as (
    select
        partner_id, valid_from, name, enrolled_on, status, custom,
        row_number() over (
            partition by partner_id, valid_from order by custom desc nulls last, name, status
        ) as place
    from partners
)

select
    partner_id,
    case
        when lag(valid_from) over by_date is null then date '0001-01-01'
        else valid_from
    end as seen_from,
    coalesce(lead(valid_from) over by_date, date '9999-12-31') as seen_to,
    name as partner_name, status as partner_status, enrolled_on, custom as partner_custom
from said
where place = 1
window by_date as (partition by partner_id order by valid_from)
