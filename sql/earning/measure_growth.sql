-- Grain: one partner with sales. Inputs: table_sales, sales_before (cycle sales of the same months
--   a year before: of one cycle, or of several where cycles were shorter then).
-- Meaning: percent growth against those months; who sold nothing then has no growth. Kept as a
--   fraction value / base, so that nothing is divided.
with
sales_a_year_before as (
    select partner_id, cast(sum(net_sales) as decimal(18, 2)) as net_sales
    from sales_before
    group by partner_id
)

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
