-- Grain: one award: here one partner and cycle that reached a slab (SPEC 8).
-- Inputs: slab_points, slab_assignments, caps (cap_no, cap_id, points); $program, $cycle,
--   $event_date, $accrual_date (null: direct), $rules_version, $rules_hash.
-- Meaning: rounded points, then the slab's cap, then each partner-and-cycle cap in its order;
--   what they took is forgone, with the names of those that took it.
with rounded as (
    select
        slab_assignments.partner_id, slab_assignments.tier, slab_assignments.slab,
        slab_assignments.net_sales, slab_assignments.rate,
        units_as_raw(slab_points.raw_units) as raw_points,
        units_as_points(greatest(slab_points.rounded_units, 0)) as rounded_points,
        slab_assignments.slab_cap
    from slab_points
    join slab_assignments using (partner_id)
),

slab_capped as (
    select *, least(rounded_points, coalesce(slab_cap, rounded_points)) as after_slab_cap
    from rounded
),

-- A cap takes something if it is lower than what all the caps before it let through.
binding as (
    select
        cap_no, cap_id, points,
        coalesce(
            min(points) over (order by cap_no rows between unbounded preceding and 1 preceding),
            999999999999999.999
        ) as let_through_before
    from caps
),

partner_caps as (
    select
        slab_capped.partner_id,
        string_agg(binding.cap_id, ', ' order by binding.cap_no) as cap_ids,
        min(binding.points) as points
    from slab_capped
    join binding
        on binding.points < slab_capped.after_slab_cap
        and binding.points < binding.let_through_before
    group by slab_capped.partner_id
),

capped as (
    select
        slab_capped.*,
        case when slab_capped.after_slab_cap < slab_capped.rounded_points then slab_capped.slab end
            as binding_slab,
        partner_caps.cap_ids,
        cast(
            least(
                slab_capped.after_slab_cap,
                coalesce(partner_caps.points, slab_capped.after_slab_cap)
            ) as decimal(18, 3)
        ) as points
    from slab_capped
    left join partner_caps using (partner_id)
)

select
    $program as program, $cycle as cycle, partner_id,
    $cycle || '/slabs' as allocation_key,
    'cycle_close' as event,
    cast($event_date as date) as event_date,
    cast(null as varchar) as document_no,
    cast(null as integer) as line_no,
    tier, slab, 'slabs' as strategy, slab as rule,
    net_sales as basis_amount,
    rate, raw_points,
    cast(1 as decimal(9, 3)) as multiplier,
    rounded_points,
    cast(rounded_points - points as decimal(18, 3)) as forgone_points,
    nullif(concat_ws(', ', binding_slab, cap_ids), '') as capped_by,
    points,
    1 as tranche,
    cast($accrual_date as date) as accrual_date,
    $rules_version as rules_version,
    $rules_hash as rules_hash,
    cast(null as varchar) as source,
    cast(null as varchar) as distributor_id,
    cast(null as varchar) as document_type,
    cast(null as varchar) as forgone_by
from capped
order by partner_id, allocation_key
