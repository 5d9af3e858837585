-- Grain: one event, with the tiers that net sales reached before it and with it.
-- Inputs: events_in (numbered, with tier, tier_rank and tier_is_set of the history), levels_before
--   (partner_id, amount: net sales of the earlier cycles of the window), unheard_sales (partner_id,
--   event_no, amount, highest: of sales before the event that are no event), tier_steps (one row:
--   thresholds: of ranks 1 and up; by_own_cycle).
-- Meaning: SPEC 5, Tiers, upgrade immediate. The running net sales decide; a tier once reached in
--   the cycle stays reached. The event's tier is the one before it (`parted` goes on from there).
--   With restate own_cycle a document counts whole, whatever was returned of it.
with moved as (
    select
        events_in.*, coalesce(levels_before.amount, 0) as carried,
        coalesce(
            case when tier_steps.by_own_cycle then events_in.full_amount else events_in.amount end,
            0
        ) as sales,
        coalesce(unheard_sales.amount, 0) as unheard,
        coalesce(unheard_sales.highest, 0) as highest
    from events_in
    cross join tier_steps
    left join levels_before on levels_before.partner_id = events_in.partner_id
    left join unheard_sales
        on unheard_sales.partner_id = events_in.partner_id
        and unheard_sales.event_no = events_in.event_no
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
