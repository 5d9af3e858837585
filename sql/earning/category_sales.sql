-- Grain: one partner with counted documents that have lines of some categories.
-- Inputs: category_documents; $program, $cycle.
select
    $program as program, $cycle as cycle, partner_id,
    cast(sum(net_sales) as decimal(18, 2)) as net_sales,
    cast(sum(documents) as bigint) as documents
from category_documents
group by partner_id
order by partner_id
