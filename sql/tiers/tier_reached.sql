-- Grain: one partner with a measured amount.
-- Inputs: measured (partner_id, amount), tiers (tier, tier_rank, threshold; the base tier's
--   threshold is null or not asked).
-- Meaning: the highest tier whose threshold the amount reaches, else the base tier; and the next
--   one above it with what is missing to it, both null at the top.
with steps as (
    select
        tier, tier_rank,
        case when tier_rank > 0 then threshold end as starts_at,
        lead(tier) over by_rank as next_tier,
        lead(threshold) over by_rank as ends_at
    from tiers
    window by_rank as (order by tier_rank)
)

select
    measured.partner_id, steps.tier, steps.tier_rank, steps.next_tier,
    cast(steps.ends_at - measured.amount as decimal(18, 3)) as gap_to_next_tier
from measured
join steps
    on (steps.starts_at is null or measured.amount >= steps.starts_at)
    and (steps.ends_at is null or measured.amount < steps.ends_at)
