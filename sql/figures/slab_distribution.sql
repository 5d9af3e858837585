-- Grain: one slab and tier of a cycle, from low to high. Inputs: slab_assignments.
select
    coalesce(slab, 'none') as slab, tier, max(rate) as rate, count(*) as partners,
    cast(sum(net_sales) as decimal(18, 2)) as net_sales
from slab_assignments
group by slab_assignments.slab, tier
order by min(slab_assignments.net_sales), slab_assignments.slab, tier
