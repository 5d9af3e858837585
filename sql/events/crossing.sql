-- Grain: one event, or one part of an event whose sales cross into a higher tier.
-- Inputs: events_in (numbered, with tier, tier_rank and tier_is_set of the history), levels_before
--   (partner_id, amount: net sales of the earlier cycles of the window), tier_steps (one row:
--   thresholds: of ranks 1 and up, tiers: of ranks 0 and up, crossing).
-- Meaning: SPEC 5, Tiers, upgrade immediate. The running net sales decide; a tier once reached in
--   the cycle stays reached. A tier that was set by hand is not crossed out of.
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
        peaks.*, tier_steps.thresholds, tier_steps.tiers, tier_steps.crossing,
        peaks.level_after - coalesce(peaks.amount, 0) as level_before,
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
),

placed as (
    select
        *,
        case
            when tier_is_set then tier_rank
            else greatest(tier_rank, reached_before)
        end as rank_before,
        case
            when tier_is_set then tier_rank
            else greatest(tier_rank, reached_after)
        end as rank_after
    from ranked
),

parted as (
    select
        *,
        unnest(
            case
                when crossing = 'split' and rank_after > rank_before
                    then range(rank_before, rank_after + 1)
                when crossing = 'upgrade_then_issue' then [rank_after]
                else [rank_before]
            end
        ) as rank_of_part
    from placed
)

select
    * exclude (tier, tier_rank, carried, level_after, level_before, peak_before, thresholds, tiers, crossing,
        rank_before, rank_after, rank_of_part),
    tiers[rank_of_part + 1] as tier,
    cast(rank_of_part as integer) as tier_rank,
    row_number() over (partition by partner_id, event_no order by rank_of_part) as part_no,
    cast(
        case
            when crossing = 'split' and rank_after > rank_before
                then case
                    when rank_of_part = rank_after then level_after
                    else thresholds[rank_of_part + 1]
                end
                - case
                    when rank_of_part = rank_before then level_before
                    else thresholds[rank_of_part]
                end
            else amount
        end as decimal(18, 2)
    ) as part_amount
from parted
