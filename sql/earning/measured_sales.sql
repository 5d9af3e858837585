-- Grain: one partner with sales in the cycle or an earlier one of the window.
-- Inputs: cycle_sales, window_sales (cycle_sales of the earlier cycles of the window).
-- Meaning: what earns tiers by net sales.
select partner_id, cast(sum(net_sales) as decimal(18, 3)) as amount
from (
    select partner_id, net_sales from cycle_sales
    union all
    select partner_id, net_sales from window_sales
)
group by partner_id
