-- Grain: one whole that is rounded once: event (or line), rule, strategy and promotion.
-- Inputs: weighted_awards, rounding (one row: step, mode).
-- Meaning: the extra of a promotion is the rounded total with it less the rounded total before it.
with grouped as (
    select
        partner_id, event_no, rule, strategy, whole, promotion_order, sum(weight) as weight
    from weighted_awards
    group by all
),

summed as (
    select
        *,
        sum(weight) over (
            partition by partner_id, event_no, rule, strategy, whole
            order by promotion_order rows unbounded preceding
        ) as weight_after
    from grouped
)

select
    summed.partner_id, summed.event_no, summed.rule, summed.strategy, summed.whole,
    summed.promotion_order, cast(null as varchar) as promotion, summed.weight,
    (
        rounded_units(
            cast(summed.weight_after as hugeint), cast(rounding.step as hugeint) * 1000000000,
            rounding.mode
        )
        - rounded_units(
            cast(summed.weight_after - summed.weight as hugeint),
            cast(rounding.step as hugeint) * 1000000000, rounding.mode
        )
    ) // (cast(rounding.step as hugeint) * 1000000000) as steps
from summed
cross join rounding
