-- Grain: one partner with sales.
-- Inputs: table_sales, targets (staged, all sources), homes, categories (category; none: the target
--   of all categories together); $cycle.
-- Meaning: how many percent of the partner's target its net sales are; without one there is no slab.
with asked as (
    select
        coalesce(homes.home_id, targets.partner_id) as partner_id, sum(targets.target) as target
    from targets
    left join homes on homes.partner_id = targets.partner_id
    where
        targets.cycle = $cycle
        and case
            when (select count(*) from categories) = 0 then targets.category is null
            else targets.category in (select categories.category from categories)
        end
    group by coalesce(homes.home_id, targets.partner_id)
)

select
    table_sales.partner_id, table_sales.net_sales,
    case when asked.target > 0 then table_sales.net_sales * 100 end as value,
    case when asked.target > 0 then cast(asked.target as decimal(18, 2)) end as base,
    0 as added
from table_sales
left join asked on asked.partner_id = table_sales.partner_id
