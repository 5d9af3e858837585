-- Grain: one row. Inputs: cycle_sales (one cycle of a program).
select
    count(*) as partners,
    coalesce(cast(sum(net_sales) as decimal(18, 2)), 0) as net_sales,
    coalesce(cast(sum(documents) as bigint), 0) as documents
from cycle_sales
