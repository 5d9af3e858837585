-- Grain: one award, regular (promotion_order 0) or what a promotion adds to it.
-- Inputs: awards_in (raw awards), promotions_matched (partner_id, event_no, part_no, unit: null where it
--   was matched for the whole event, line_no: null for a payment mode, which may be named like a line,
--   promotion, promotion_order),
--   promotion_bases (promotion, strategy), strategy_figures and figures_of_all (strategy, figure:
--   multiples in thousandths), stacking (one row: stacking).
-- Meaning: SPEC 5, Strategies. factor_before and factor_after are what the regular points are
--   multiplied by in all, before and after the step, in units of 0.000000001: best takes the greatest
--   multiple alone, additive adds what each has above 1, multiplicative multiplies them.
with matched as (
    select
        partner_id, event_no, part_no, unit, line_no, promotion,
        min(promotion_order) as promotion_order
    from promotions_matched
    group by all
),

applied as (
    select
        awards_in.partner_id, awards_in.event_no, awards_in.unit, awards_in.part_no,
        awards_in.rule, awards_in.strategy, matched.promotion,
        min(matched.promotion_order) as promotion_order,
        any_value(coalesce(figures_of_all.figure, strategy_figures.figure)) as applied_figure
    from awards_in
    join promotion_bases on promotion_bases.strategy = awards_in.strategy
    join matched
        on matched.partner_id = awards_in.partner_id
        and matched.event_no = awards_in.event_no
        and matched.part_no = awards_in.part_no
        and matched.promotion = promotion_bases.promotion
        and (
            matched.unit is null
            or (
                matched.unit is not distinct from awards_in.unit
                and matched.line_no is not distinct from awards_in.line_no
            )
        )
    left join figures_of_all on figures_of_all.strategy = matched.promotion
    left join strategy_figures
        on strategy_figures.strategy = matched.promotion
        and strategy_figures.tier = awards_in.tier
    group by all
    having applied_figure is not null
),

placed as (
    select
        applied.* exclude (applied_figure), applied.applied_figure as figure, stacking.stacking,
        row_number() over (of_award order by applied.promotion_order, applied.promotion) as step,
        row_number() over (
            of_award order by applied.applied_figure desc, applied.promotion_order, applied.promotion
        ) as place_by_figure
    from applied
    cross join stacking
    window of_award as (
        partition by
            applied.partner_id, applied.event_no, applied.unit, applied.part_no, applied.rule,
            applied.strategy
    )
),

chosen as (
    select *
    from placed
    where stacking <> 'best' or place_by_figure = 1
),

stepped as (
    select
        *,
        case stacking
            when 'best' then figure
            when 'additive' then 1000 + sum(figure - 1000) over so_far
        end as total_thousandths,
        case
            when stacking = 'multiplicative'
                then list(figure) over so_far
        end as figures
    from chosen
    window so_far as (
        partition by partner_id, event_no, unit, part_no, rule, strategy
        order by step rows unbounded preceding
    )
),

factored as (
    select
        partner_id, event_no, unit, part_no, rule, strategy, promotion, promotion_order, step,
        figure,
        case
            when figures is null then cast(total_thousandths as hugeint) * 1000000
            else list_reduce(
                figures, lambda total, next: multiplied(total, next), cast(1000000000 as hugeint)
            )
        end as factor_after
    from stepped
)

select
    awards_in.*, cast(0 as bigint) as promotion_order, cast(null as varchar) as promotion,
    cast(1000 as bigint) as multiple, cast(0 as hugeint) as factor_before,
    cast(1000000000 as hugeint) as factor_after
from awards_in
union all by name
select
    awards_in.*, factored.promotion_order, factored.promotion, factored.figure as multiple,
    coalesce(
        lag(factored.factor_after) over (
            partition by
                awards_in.partner_id, awards_in.event_no, awards_in.unit, awards_in.part_no,
                awards_in.rule, awards_in.strategy
            order by factored.step
        ),
        1000000000
    ) as factor_before,
    factored.factor_after
from factored
join awards_in
    on awards_in.partner_id = factored.partner_id
    and awards_in.event_no = factored.event_no
    and awards_in.unit is not distinct from factored.unit
    and awards_in.part_no = factored.part_no
    and awards_in.rule = factored.rule
    and awards_in.strategy = factored.strategy
