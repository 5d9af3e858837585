-- Grain: one partner and cycle with at least one counted document (SPEC 8).
-- Inputs: slab_placed, band_rates, tiers, reached (partner_id, tier, next_tier, gap_to_next_tier:
--   of tiers that slabs do not decide), slab_nexts; $program, $cycle, $last_segment, $tier_from
--   (slab, reached or none).
-- Meaning: the slab reached and the tier the cycle earned. Below the first band: no slab, rate 0,
--   the base tier. next_slab is the nearest higher one, with what is missing to it and what it
--   would pay.
with tiered as (
    select
        slab_placed.*,
        case $tier_from
            when 'slab' then coalesce(
                slab_placed.slab_tier, (select tiers.tier from tiers where tiers.tier_rank = 0)
            )
            when 'reached' then coalesce(
                reached.tier, (select tiers.tier from tiers where tiers.tier_rank = 0)
            )
        end as tier,
        reached.next_tier, reached.gap_to_next_tier
    from slab_placed
    left join reached on reached.partner_id = slab_placed.partner_id
)

select
    $program as program, $cycle as cycle, tiered.partner_id, tiered.net_sales,
    tiered.slab,
    cast(coalesce(band_rates.rate, tiered.band_rate) as decimal(9, 6)) as rate,
    tiered.tier,
    cast(tiered.slab_cap as decimal(18, 3)) as slab_cap,
    slab_nexts.next_slab, slab_nexts.gap_to_next_slab, slab_nexts.points_at_next_slab,
    tiered.next_tier,
    cast(tiered.gap_to_next_tier as decimal(18, 3)) as gap_to_next_tier
from tiered
left join slab_nexts on slab_nexts.partner_id = tiered.partner_id
left join band_rates
    on band_rates.segment_no = $last_segment
    and band_rates.band_no = tiered.band_no
    and band_rates.tier = tiered.tier
order by tiered.partner_id
