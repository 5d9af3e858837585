-- Grain: one month of the cycle with sales of the partner.
-- Inputs: monthly_sales, cycles (published); $program, $partner_id, $cycle.
select monthly_sales.month, monthly_sales.net_sales, monthly_sales.documents
from monthly_sales
join cycles on cycles.program = monthly_sales.program and cycles.cycle = $cycle
where
    monthly_sales.program = $program
    and monthly_sales.partner_id = $partner_id
    and monthly_sales.month between strftime(cycles.starts_on, '%Y-%m')
    and strftime(cycles.ends_on, '%Y-%m')
order by monthly_sales.month
