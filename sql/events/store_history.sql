-- Grain: one store and stretch of days with the same fields.
-- Inputs: stores (history by file date, all sources).
-- Meaning: as partner_history.
with said as (
    select
        store_id, valid_from, custom,
        row_number() over (
            partition by store_id, valid_from order by custom desc nulls last
        ) as place
    from stores
)

select
    store_id,
    case
        when lag(valid_from) over by_date is null then date '0001-01-01'
        else valid_from
    end as seen_from,
    coalesce(lead(valid_from) over by_date, date '9999-12-31') as seen_to,
    custom as store_custom
from said
where place = 1
window by_date as (partition by store_id order by valid_from)
