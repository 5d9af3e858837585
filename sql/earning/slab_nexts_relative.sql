-- Grain: one partner below the top slab of a table that measures growth or a target.
-- Inputs: slab_measure (partner_id, net_sales, value, base, added: 100 of growth, 0 of a target),
--   slab_starts (slab, starts_at: in percent, rate, fixed_points, cap); $step, $rounding_mode.
-- Meaning: the lowest net sales that reach the next slab, in whole cents, and what exactly these
--   would pay, after rounding and the slab's own cap. Who has nothing to compare with has none.
with upcoming as (
    select
        slab, starts_at, rate, fixed_points, cap,
        lag(starts_at) over (order by starts_at) as after
    from slab_starts
),

needed as (
    select
        slab_measure.partner_id, slab_measure.net_sales, upcoming.slab, upcoming.rate,
        upcoming.fixed_points, upcoming.cap,
        cast(
            (
                cast(slab_measure.base * 100 as hugeint)
                * cast((upcoming.starts_at + slab_measure.added) * 100 as hugeint) + 9999
            ) // 10000 as bigint
        ) as cents
    from slab_measure
    join upcoming
        on slab_measure.value < upcoming.starts_at * slab_measure.base
        and (
            upcoming.after is null
            or slab_measure.value >= upcoming.after * slab_measure.base
        )
    where slab_measure.base > 0
),

paid as (
    select
        *,
        case
            when fixed_points is not null then fixed_points
            else units_as_points(
                rounded_units(
                    cents * cast(rate * 1000000 as bigint), $step, $rounding_mode
                )
            )
        end as points
    from needed
)

select
    partner_id, slab as next_slab,
    cast(cents * 0.01 - net_sales as decimal(18, 2)) as gap_to_next_slab,
    cast(least(points, coalesce(cap, points)) as decimal(18, 3)) as points_at_next_slab
from paid
