-- Grain: one tier of a cycle. Asked of the published file. Inputs: partner_summary; $program,
--   $cycle.
select
    tier, count(*) as partners, cast(sum(net_sales) as decimal(18, 2)) as net_sales,
    cast(sum(points) as decimal(18, 3)) as points,
    cast(sum(projected_points) as decimal(18, 3)) as projected_points
from partner_summary
where program = $program and cycle = $cycle
group by tier
order by min(net_sales), tier
