-- Grain: one partner and month with at least one counted document (SPEC 8).
-- Inputs: sales_by_month; $program, $month.
select $program as program, month, partner_id, net_sales, documents
from sales_by_month
where month = $month
order by partner_id
