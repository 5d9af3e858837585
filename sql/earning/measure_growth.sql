-- Grain: one partner with sales. Inputs: table_sales, sales_a_year_before (partner_id, net_sales).
-- Meaning: percent growth against the cycle of the same name a year before; who sold nothing then
--   has no growth. Kept as a fraction value / base, so that nothing is divided.
select
    table_sales.partner_id, table_sales.net_sales,
    case
        when sales_a_year_before.net_sales > 0
            then (table_sales.net_sales - sales_a_year_before.net_sales) * 100
    end as value,
    case when sales_a_year_before.net_sales > 0 then sales_a_year_before.net_sales end as base,
    100 as added
from table_sales
left join sales_a_year_before using (partner_id)
