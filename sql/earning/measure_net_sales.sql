-- Grain: one partner with sales. Inputs: table_sales (partner_id, net_sales).
select
    partner_id, net_sales, net_sales as value, cast(1 as decimal(18, 2)) as base, 0 as added
from table_sales
