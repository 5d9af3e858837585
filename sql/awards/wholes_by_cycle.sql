-- Grain: one whole: event, rule, strategy and promotion.
-- Inputs: weighted_awards, rounding (one row: step, mode).
-- Meaning: at grain cycle an event gets the rounded running sum of its partner, rule and strategy
--   less what the events before it got (SPEC 5, Rounding). A promotion has two running sums, over
--   the events that it multiplies: of the totals with it, and of those before it; what the first
--   gives more than the second is its extra.
with grouped as (
    select
        partner_id, event_date, event_rank, event_no, rule, strategy, whole, promotion_order,
        promotion, sum(weight) as weight
    from weighted_awards
    group by all
),

totals as (
    select
        *,
        sum(weight) over (
            partition by partner_id, event_no, rule, strategy, whole
            order by promotion_order rows unbounded preceding
        ) as total_after
    from grouped
),

summed as (
    select
        *,
        cast(sum(total_after) over so_far as hugeint) as sum_after,
        cast(sum(total_after - weight) over so_far as hugeint) as sum_before,
        cast(rounding.step as hugeint) * 1000000000 as size, rounding.mode
    from totals
    cross join rounding
    window so_far as (
        partition by partner_id, rule, strategy, promotion
        order by event_date, event_rank, event_no rows unbounded preceding
    )
)

select
    partner_id, event_no, rule, strategy, whole, promotion_order, promotion, weight,
    (
        rounded_units(sum_after, size, mode)
        - rounded_units(cast(sum_after - total_after as hugeint), size, mode)
        - rounded_units(sum_before, size, mode)
        + rounded_units(cast(sum_before - (total_after - weight) as hugeint), size, mode)
    ) // size as steps
from summed
