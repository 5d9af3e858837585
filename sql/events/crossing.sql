-- Grain: that of moves, with the tiers that net sales reached before it and with it.
-- Inputs: moves (events with tier, tier_rank and tier_is_set of the history, sales: what moves the
--   partner's net sales, move_no; with restate own_cycle also what is no event), levels_before
--   (partner_id, amount: net sales of the earlier cycles of the window), tier_steps (one row:
--   thresholds: of ranks 1 and up).
-- Meaning: SPEC 5, Tiers, upgrade immediate. The running net sales decide; a tier once reached in
--   the cycle stays reached. What a window carries into the cycle reaches nothing by itself: the
--   first document with it does that adds sales, so that the tier outlasts a holding that ends
--   inside the cycle. The event's tier is the one before it (`parted` goes on from there).
with leveled as (
    select
        moves.*,
        cast(
            coalesce(levels_before.amount, 0)
            + sum(moves.sales) over (
                partition by moves.partner_id order by moves.move_no rows unbounded preceding
            ) as decimal(18, 2)
        ) as level_after
    from moves
    left join levels_before on levels_before.partner_id = moves.partner_id
),

peaks as (
    select
        *,
        coalesce(
            max(case when sales > 0 then level_after end) over (
                partition by partner_id order by move_no
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as peak_before
    from leveled
),

ranked as (
    select
        peaks.*, peaks.level_after - peaks.sales as level_before,
        len(list_filter(
            tier_steps.thresholds,
            lambda step: step <= peaks.peak_before
        )) as reached_before,
        len(list_filter(
            tier_steps.thresholds,
            lambda step: step <= greatest(
                peaks.peak_before, case when peaks.sales > 0 then peaks.level_after end
            )
        )) as reached_after
    from peaks
    cross join tier_steps
)

select
    * exclude (tier_rank, sales, peak_before),
    case when tier_is_set then tier_rank else greatest(tier_rank, reached_before) end as tier_rank
from ranked
