-- Grain: one event, or one part of an event whose sales cross into a higher tier.
-- Inputs: events_in (with tier_rank and tier_is_set before the event, level_before and level_after:
--   net sales, reached_before and reached_after: their ranks), tier_steps (one row: thresholds: of
--   ranks 1 and up, tiers: of ranks 0 and up, crossing).
-- Meaning: SPEC 5, Tiers, crossing. Only a tier above the one held is crossed into, and none out of
--   a tier that was set by hand. A side of a threshold on which nothing lies is no part; what is
--   left of a document after returns lies where the document began.
with crossed as (
    select
        events_in.*, tier_steps.thresholds, tier_steps.tiers, tier_steps.crossing,
        range(
            greatest(events_in.tier_rank, events_in.reached_before) + 1,
            case when events_in.tier_is_set then 0 else events_in.reached_after + 1 end
        ) as ranks_crossed
    from events_in
    cross join tier_steps
),

parted as (
    select
        *,
        unnest(
            case crossing
                when 'split' then list_prepend(cast(tier_rank as bigint), ranks_crossed)
                when 'upgrade_then_issue' then [greatest(tier_rank, list_max(ranks_crossed))]
                else [cast(tier_rank as bigint)]
            end
        ) as rank_of_part
    from crossed
),

measured as (
    select
        *,
        len(ranks_crossed) as number_crossed,
        cast(
            case
                when crossing = 'split' and len(ranks_crossed) > 0
                    then least(
                        level_before + amount,
                        case
                            when rank_of_part = reached_after then level_after
                            when rank_of_part = tier_rank
                                then greatest(thresholds[ranks_crossed[1]], level_before)
                            else greatest(thresholds[rank_of_part + 1], level_before)
                        end
                    )
                    - case
                        when rank_of_part = tier_rank then level_before
                        else greatest(thresholds[rank_of_part], level_before)
                    end
                else amount
            end as decimal(18, 2)
        ) as part_amount
    from parted
)

select
    * exclude (tier, tier_rank, level_after, level_before, thresholds, tiers, crossing,
        ranks_crossed, number_crossed, rank_of_part),
    tiers[rank_of_part + 1] as tier,
    cast(rank_of_part as integer) as tier_rank,
    row_number() over (partition by partner_id, event_no order by rank_of_part) as part_no
from measured
where part_amount > 0 or crossing <> 'split' or number_crossed = 0
