-- Grain: one award, regular or what a promotion adds, rounded.
-- Inputs: weighted_awards, wholes, rounding (one row: step).
-- Meaning: a whole's steps are split over its awards by their weights, largest remainder, ties to the
--   earlier line, on the magnitude: parts always add up to the whole.
with shared as (
    select
        weighted_awards.*, wholes.steps, wholes.weight as whole_weight,
        case
            when wholes.weight = 0 then 0
            else floored_share(
                abs(wholes.steps) * weighted_awards.weight * sign(wholes.weight),
                abs(wholes.weight)
            )
        end as share
    from weighted_awards
    join wholes
        on wholes.partner_id = weighted_awards.partner_id
        and wholes.event_no = weighted_awards.event_no
        and wholes.rule = weighted_awards.rule
        and wholes.strategy = weighted_awards.strategy
        and wholes.whole = weighted_awards.whole
        and wholes.promotion_order = weighted_awards.promotion_order
),

ranked as (
    select
        *,
        row_number() over (
            partition by partner_id, event_no, rule, strategy, whole, promotion_order
            order by
                abs(steps) * weight * sign(whole_weight) - share * abs(whole_weight) desc,
                line_no, unit, part_no
        ) as place,
        abs(steps) - sum(share) over (
            partition by partner_id, event_no, rule, strategy, whole, promotion_order
        ) as left_over
    from shared
)

select
    ranked.* exclude (weight, whole, steps, whole_weight, share, place, left_over),
    cast(ranked.multiple * 0.001 as decimal(9, 3)) as multiplier,
    units_as_raw(cast(ranked.weight // 1000000000 as bigint)) as raw_points,
    units_as_points(
        cast(
            sign(ranked.steps)
            * (ranked.share + cast(ranked.place <= ranked.left_over as integer))
            * rounding.step as bigint
        )
    ) as rounded_points
from ranked
cross join rounding
