-- Grain: one partner and cycle with at least one counted document (SPEC 8).
-- Inputs: sales_of_months (monthly_sales of the cycle's months); $program, $cycle.
select
    $program as program, $cycle as cycle, partner_id,
    cast(sum(net_sales) as decimal(18, 2)) as net_sales,
    cast(sum(documents) as bigint) as documents
from sales_of_months
group by partner_id
order by partner_id
