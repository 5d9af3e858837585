-- Grain: one event, with the tiers that net sales reached before it and with it.
-- Inputs: events_in (numbered, with tier, tier_rank and tier_is_set of the history), levels_before
--   (partner_id, amount: net sales of the earlier cycles of the window), own_sales (partner_id,
--   event_no, sales, unheard, highest: only with restate own_cycle), tier_steps (one row:
--   thresholds: of ranks 1 and up).
-- Meaning: SPEC 5, Tiers, upgrade immediate. The running net sales decide; a tier once reached in
--   the cycle stays reached. The event's tier is the one before it (`parted` goes on from there).
with moved as (
    select
        events_in.*, coalesce(levels_before.amount, 0) as carried,
        coalesce(own_sales.sales, events_in.amount, 0) as sales,
        coalesce(own_sales.unheard, 0) as unheard,
        coalesce(own_sales.highest, 0) as highest
    from events_in
    left join levels_before on levels_before.partner_id = events_in.partner_id
    left join own_sales
        on own_sales.partner_id = events_in.partner_id
        and own_sales.event_no = events_in.event_no
),

leveled as (
    select
        *,
        cast(
            carried + sum(sales + unheard) over (
                partition by partner_id order by event_no rows unbounded preceding
            ) as decimal(18, 2)
        ) as level_after
    from moved
),

peaks as (
    select
        *, level_after - sales as level_before,
        greatest(
            carried,
            max(level_after) over (
                partition by partner_id order by event_no
                rows between unbounded preceding and 1 preceding
            ),
            max(level_after - sales - unheard + highest) over (
                partition by partner_id order by event_no rows unbounded preceding
            )
        ) as peak_before
    from leveled
),

ranked as (
    select
        peaks.*,
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
    * exclude (tier_rank, carried, sales, unheard, highest, peak_before),
    case when tier_is_set then tier_rank else greatest(tier_rank, reached_before) end as tier_rank
from ranked
