-- Grain: one award before its bounds: event (its line or payment mode, its part), rule, strategy.
-- Inputs: matched (events that match a rule, with rule_no), rule_awards (rule_no, rule, rule_order,
--   strategy, type, basis, field, per_thousandths, minimum_units, maximum_units, figure),
--   strategy_figures (strategy, tier, figure).
-- Meaning: SPEC 5, Strategies. units are whole units of 0.00000001 points. A figure is a rate in
--   millionths (prorated) or thousandths of a point (fixed, and prorated per step). Of a negative
--   event, a return without its sale or a cycle with more returns than sales, only prorated
--   strategies take points; a tier without a figure earns nothing.
with priced as (
    select
        matched.*, rule_awards.rule, rule_awards.rule_order, rule_awards.strategy,
        rule_awards.type, rule_awards.basis, rule_awards.per_thousandths,
        coalesce(rule_awards.figure, strategy_figures.figure) as value_figure,
        -- What a scan's file says stands for a value, and a tier without one earns nothing.
        case
            when rule_awards.type = 'fixed' and value_figure <> 0
                then coalesce(cast(matched.base_points * 1000 as bigint), value_figure)
            else value_figure
        end as figure,
        sells(matched.amount, matched.net_sales, matched.unit_amount) as sells,
        -- The basis in thousandths: of money, pieces or the whole number of a field.
        case rule_awards.basis
            when 'document_amount' then cast(matched.part_amount * 1000 as bigint)
            when 'line_amount' then cast(matched.unit_amount * 1000 as bigint)
            when 'tender_amount' then cast(matched.unit_amount * 1000 as bigint)
            when 'quantity' then cast(matched.quantity * 1000 as bigint)
            when 'line_quantity' then cast(matched.unit_quantity * 1000 as bigint)
            when 'net_sales' then cast(matched.net_sales * 1000 as bigint)
            when 'partner' then 1000 * cast(matched.partner_custom ->> rule_awards.field as bigint)
            when 'store' then 1000 * cast(matched.store_custom ->> rule_awards.field as bigint)
            when 'document' then 1000 * cast(matched.custom ->> rule_awards.field as bigint)
        end as basis_thousandths,
        -- A line that sells, in a return without its sale, makes that smaller and is no award.
        case
            when coalesce(matched.amount < 0 and basis_thousandths > 0, false) then 0
            else rule_awards.minimum_units
        end as minimum_units,
        rule_awards.maximum_units
    from matched
    join rule_awards on rule_awards.rule_no = matched.rule_no
    left join strategy_figures
        on strategy_figures.strategy = rule_awards.strategy
        and strategy_figures.tier = matched.tier
),

valued as (
    select
        *,
        case
            when type = 'fixed' then figure * 100000
            when per_thousandths is not null
                then sign(basis_thousandths) * (abs(basis_thousandths) // per_thousandths)
                    * figure * 100000
            -- Cents times millionths; a basis finer than cents has a step (loader).
            else basis_thousandths // 10 * figure
        end as units
    from priced
    where
        figure is not null
        and (
            type = 'prorated'
            -- Only what sells is worth a fixed award, and of a split document its first part.
            or (sells and part_no = 1)
        )
        -- What a document's parts are not about is worth points once.
        and (part_no = 1 or (type = 'prorated' and basis = 'document_amount'))
        and (sells or type <> 'prorated' or basis not in ('partner', 'store', 'document'))
)

select *
from valued
where units is not null
