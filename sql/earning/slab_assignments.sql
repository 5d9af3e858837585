-- Grain: one partner and cycle with at least one counted document (SPEC 8).
-- Inputs: cycle_sales, bands, tiers, slab_starts; $program, $cycle, $last_segment, $tier_from
--   (slab, cycle_sales or none).
-- Meaning: the slab whose band [from, to) holds the net sales, by the table of the cycle's last
--   day, and the tier the cycle earned. Below the first band: no slab, rate 0, the base tier.
--   next_slab is the nearest higher one, with what is missing to it and what it would pay.
with placed as (
    select
        cycle_sales.partner_id, cycle_sales.net_sales,
        bands.slab, coalesce(bands.rate, 0) as rate, bands.cap, bands.tier as slab_tier
    from cycle_sales
    left join bands
        on bands.segment_no = $last_segment
        and (bands.band_from is null or cycle_sales.net_sales >= bands.band_from)
        and (bands.band_to is null or cycle_sales.net_sales < bands.band_to)
),

ranges as (
    select
        tier, threshold,
        lead(threshold) over (order by tier_rank) as next_threshold
    from tiers
),

tiered as (
    select placed.*, ranges.tier as sales_tier
    from placed
    left join ranges
        on $tier_from = 'cycle_sales'
        and (ranges.threshold is null or placed.net_sales >= ranges.threshold)
        and (ranges.next_threshold is null or placed.net_sales < ranges.next_threshold)
),

upcoming as (
    select
        slab, starts_at, points,
        lag(starts_at) over (order by starts_at) as after
    from slab_starts
)

select
    $program as program, $cycle as cycle, tiered.partner_id, tiered.net_sales,
    tiered.slab,
    cast(tiered.rate as decimal(9, 6)) as rate,
    case $tier_from
        when 'slab' then coalesce(
            tiered.slab_tier, (select tiers.tier from tiers where tiers.tier_rank = 0)
        )
        when 'cycle_sales' then tiered.sales_tier
    end as tier,
    cast(tiered.cap as decimal(18, 3)) as slab_cap,
    upcoming.slab as next_slab,
    cast(upcoming.starts_at - tiered.net_sales as decimal(18, 2)) as gap_to_next_slab,
    cast(upcoming.points as decimal(18, 3)) as points_at_next_slab
from tiered
left join upcoming
    on tiered.net_sales < upcoming.starts_at
    and (upcoming.after is null or tiered.net_sales >= upcoming.after)
order by tiered.partner_id
