-- Grain: one slab award: a partner whose cycle (or month, with interim awards) reached a slab.
-- Inputs: slab_points (partner_id, slab, tier, rate, net_sales, slab_cap, raw_units,
--   rounded_units); $event_date, $place, $strategy, $period_key, $rules_version, $first_on,
--   $is_projected.
-- Meaning: the points after the slab's own cap, in the columns of all awards. Sales below zero earn
--   nothing.
with rounded as (
    select
        *, units_as_points(greatest(rounded_units, 0)) as rounded_points
    from slab_points
),

capped as (
    select
        *,
        cast(least(rounded_points, coalesce(slab_cap, rounded_points)) as decimal(18, 3)) as points
    from rounded
)

select
    'cycle_close' as event, cast($event_date as date) as event_date, 4 as event_rank, partner_id,
    cast($place as bigint) as event_no, '' as source, '' as distributor_id,
    partner_id as document_no, $strategy as document_type, cast(0 as smallint) as fiscal_year,
    cast(null as varchar) as unit, cast(null as integer) as line_no, 1 as part_no, tier,
    false as uses_proportions, cast($first_on as date) as first_on,
    $rules_version as rules_version, slab as rule, cast($place as integer) as rule_order,
    $strategy as strategy, slab,
    net_sales as basis_amount, rate,
    cast(0 as bigint) as promotion_order, cast(null as varchar) as promotion,
    cast(1 as decimal(9, 3)) as multiplier,
    units_as_raw(raw_units) as raw_points, rounded_points, points,
    case when points < rounded_points then slab end as capped_by,
    case when points < rounded_points
        then slab || '=' || plain_points(rounded_points - points) end as forgone_by,
    $period_key as period_key, $is_projected as is_projected
from capped
