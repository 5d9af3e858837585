-- Grain: one partner with sales in the earlier cycles of a window. Inputs: window_sales.
select partner_id, cast(sum(net_sales) as decimal(18, 2)) as amount
from window_sales
group by partner_id
