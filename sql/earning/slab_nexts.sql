-- Grain: one partner below the top slab of a table that measures net sales.
-- Inputs: slab_placed, slab_starts.
with upcoming as (
    select
        slab, starts_at, points,
        lag(starts_at) over (order by starts_at) as after
    from slab_starts
)

select
    slab_placed.partner_id, upcoming.slab as next_slab,
    cast(upcoming.starts_at - slab_placed.net_sales as decimal(18, 2)) as gap_to_next_slab,
    cast(upcoming.points as decimal(18, 3)) as points_at_next_slab
from slab_placed
join upcoming
    on slab_placed.net_sales < upcoming.starts_at
    and (upcoming.after is null or slab_placed.net_sales >= upcoming.after)
