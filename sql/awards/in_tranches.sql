-- Grain: one award and tranche.
-- Inputs: rows_in (awards after caps), strategy_terms (version, strategy, tranche, share in millionths,
--   delay: null for direct points, delay_from), rounding (one row: step).
-- Meaning: the points are split by the shares, largest remainder, ties to the earlier tranche (25 in
--   halves: 13 and 12). What caps took is told at the first one.
with parts as (
    select
        rows_in.*, coalesce(strategy_terms.tranche, 1) as tranche, strategy_terms.delay,
        strategy_terms.delay_from,
        cast(coalesce(strategy_terms.share, 1000000) as hugeint) as share,
        cast(rows_in.points * 1000 as hugeint) * 100000 // rounding.step as steps
    from rows_in
    cross join rounding
    left join strategy_terms
    on strategy_terms.strategy = rows_in.strategy
    and strategy_terms.version = rows_in.rules_version
),

ranked as (
    select
        *,
        row_number() over (of_award order by abs(steps) * share % 1000000 desc, tranche) as turn,
        abs(steps) - sum(abs(steps) * share // 1000000) over (of_award) as left_over
    from parts
    window of_award as (
        partition by
            partner_id, event_date, event_rank, event_no, unit, part_no, rule, strategy,
            promotion_order
    )
),

split as (
    select
        ranked.*,
        units_as_points(
            cast(
                sign(ranked.steps)
                * (
                    abs(ranked.steps) * ranked.share // 1000000
                    + cast(ranked.turn <= ranked.left_over as integer)
                ) * rounding.step as bigint
            )
        ) as points_of_tranche
    from ranked
    cross join rounding
)

select
    * exclude (points, rounded_points, capped_by, forgone_by, share, steps, turn, left_over,
        points_of_tranche, delay, delay_from),
    points_of_tranche as points,
    case when tranche = 1 then capped_by end as capped_by,
    case when tranche = 1 then forgone_by end as forgone_by,
    cast(
        points_of_tranche + case when tranche = 1 then rounded_points - points else 0 end
        as decimal(18, 3)
    ) as rounded_points,
    case
        when delay is null then null
        when delay_from = 'posting' then first_on + delay + 1
        else event_date + delay + 1
    end as accrual_date
from split
