-- What each cycle's awards cost.
-- Grain: one program and cycle.
-- Meaning: points posted for the cycle (projected ones while it is open), corrections included,
--   and their cost at the point value of the cycle's last day, rounded once a row.
-- Edit below, null meaning all programs.
-- Run: duckdb -readonly finance.duckdb < sql/finance/cost_per_cycle.sql
with asked as (
    select cast(null as varchar) as program
),

summed as (
    select
        program, cycle,
        count(*) filter (where points + projected_points > 0) as partners_with_points,
        sum(net_sales) as net_sales, sum(points) as points,
        sum(projected_points) as projected_points
    from partner_summary
    group by program, cycle
),

sold as (
    select program, cycle, count(*) as partners_with_sales
    from cycle_sales
    group by program, cycle
)

select
    summed.program, summed.cycle, cycles.state,
    coalesce(sold.partners_with_sales, 0) as partners_with_sales,
    summed.partners_with_points,
    cast(summed.net_sales as decimal(18, 2)) as net_sales,
    cast(summed.points as decimal(18, 3)) as points,
    cast(summed.projected_points as decimal(18, 3)) as projected_points,
    programs.currency,
    cast((summed.points + summed.projected_points) * point_values.point_value as decimal(18, 2))
        as cost
from summed
join asked on coalesce(asked.program, summed.program) = summed.program
join cycles on cycles.program = summed.program and cycles.cycle = summed.cycle
join programs on programs.program = summed.program
left join sold on sold.program = summed.program and sold.cycle = summed.cycle
left join point_values
    on point_values.program = summed.program
    and coalesce(point_values.valid_from, date '0001-01-01') <= cycles.ends_on
    and coalesce(point_values.valid_to, date '9999-12-31') > cycles.ends_on
order by summed.program, summed.cycle
