-- Grain: one slab of a cycle. Inputs: allocations (point_allocations of a cycle, posted or
--   projected).
select
    coalesce(slab, 'none') as slab, count(distinct partner_id) as partners,
    coalesce(cast(sum(points) as decimal(18, 3)), 0) as points,
    coalesce(cast(sum(forgone_points) as decimal(18, 3)), 0) as forgone,
    count(*) filter (where forgone_points > 0) as capped
from allocations
group by allocations.slab
order by min(basis_amount), allocations.slab
