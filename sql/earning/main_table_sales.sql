-- Grain: one partner with counted documents in the cycle.
-- Inputs: cycle_sales, category_sales (of the categories that the main table counts).
-- Meaning: the net sales that the main table is about, 0 of a partner without lines of its
--   categories: such a partner reaches no slab, and may well have earned a tier.
select
    cycle_sales.partner_id,
    cast(coalesce(category_sales.net_sales, 0) as decimal(18, 2)) as net_sales
from cycle_sales
left join category_sales on category_sales.partner_id = cycle_sales.partner_id
