-- Grain: one whole: event, rule, strategy and promotion.
-- Inputs: weighted_awards, rounding (one row: step, mode).
-- Meaning: at grain cycle an event gets the rounded running sum of its partner, rule and strategy
--   less what the events before it got (SPEC 5, Rounding); of each promotion likewise.
with grouped as (
    select
        partner_id, event_date, event_rank, event_no, rule, strategy, whole, promotion_order,
        promotion, sum(weight) as weight
    from weighted_awards
    group by all
),

summed as (
    select
        *,
        sum(weight) over (
            partition by partner_id, rule, strategy, promotion
            order by event_date, event_rank, event_no rows unbounded preceding
        ) as weight_after
    from grouped
)

select
    summed.partner_id, summed.event_no, summed.rule, summed.strategy, summed.whole,
    summed.promotion_order, summed.promotion, summed.weight,
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
