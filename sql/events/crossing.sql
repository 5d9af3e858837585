-- Grain: one event, with the tiers that net sales reached before it and with it.
-- Inputs: events_in (numbered, with tier, tier_rank and tier_is_set of the history), levels_before
--   (partner_id, amount: net sales of the earlier cycles of the window), tier_steps (one row:
--   thresholds: of ranks 1 and up).
-- Meaning: SPEC 5, Tiers, upgrade immediate. The running net sales decide; a tier once reached in
--   the cycle stays reached. The event's tier is the one before it (`parted` goes on from there).
with leveled as (
    select
        events_in.*, coalesce(levels_before.amount, 0) as carried,
        cast(
            coalesce(levels_before.amount, 0)
            + sum(coalesce(events_in.amount, 0)) over (
                partition by events_in.partner_id order by events_in.event_no
                rows unbounded preceding
            ) as decimal(18, 2)
        ) as level_after
    from events_in
    left join levels_before on levels_before.partner_id = events_in.partner_id
),

peaks as (
    select
        *,
        greatest(
            carried,
            max(level_after) over (
                partition by partner_id order by event_no
                rows between unbounded preceding and 1 preceding
            )
        ) as peak_before
    from leveled
),

ranked as (
    select
        peaks.*, peaks.level_after - coalesce(peaks.amount, 0) as level_before,
        len(list_filter(
            tier_steps.thresholds,
            lambda step: step <= peaks.peak_before
        )) as reached_before,
        len(list_filter(
            tier_steps.thresholds,
            lambda step: step <= greatest(peaks.peak_before, peaks.level_after)
        )) as reached_after
    from peaks
    cross join tier_steps
)

select
    * exclude (tier_rank, carried, peak_before),
    case when tier_is_set then tier_rank else greatest(tier_rank, reached_before) end as tier_rank
from ranked
