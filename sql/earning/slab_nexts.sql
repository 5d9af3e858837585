-- Grain: one partner below the top slab of the table in force on the cycle's last day.
-- Inputs: slab_measure (partner_id, net_sales, value, base, added: 100 of growth, else 0), bands,
--   band_rates, caps, tiers, measured (partner_id, amount: what earns tiers, where that is sales);
--   $measures, $mode, $tier_from (slab, sales or none), $step, $rounding_mode, $last_segment.
-- Meaning: the next slab, the sales missing to it in whole cents, and what exactly these sales
--   would pay with the tier that they would earn, after rounding and the caps of the cycle, each by
--   itself. Who has nothing to compare with has none.
with slabs as (
    select
        slab, band_no, tier as slab_tier, band_from as starts_at, rate, cap,
        points as fixed_points
    from bands
    where segment_no = $last_segment and slab is not null
    qualify row_number() over (partition by slab order by band_no) = 1
),

boundaries as (
    select slabs.*, lag(starts_at) over (order by starts_at) as after
    from slabs
),

upcoming as (
    select
        slab_measure.partner_id, slab_measure.net_sales, boundaries.*,
        case $measures
            when 'net_sales' then boundaries.starts_at
            else cast(
                (
                    cast(slab_measure.base * 100 as hugeint)
                    * cast((boundaries.starts_at + slab_measure.added) * 100 as hugeint) + 9999
                ) // 10000 * 0.01 as decimal(18, 2)
            )
        end as sales_needed
    from slab_measure
    join boundaries
        on slab_measure.value < boundaries.starts_at * slab_measure.base
        and (
            boundaries.after is null
            or slab_measure.value >= boundaries.after * slab_measure.base
        )
    where slab_measure.base > 0
),

ranked as (
    select
        upcoming.*,
        case $tier_from
            when 'slab'
                then coalesce(upcoming.slab_tier, (select tier from tiers where tier_rank = 0))
            when 'sales' then (
                select max_by(tiers.tier, tiers.tier_rank)
                from tiers
                where
                    tiers.tier_rank = 0
                    or tiers.threshold
                    <= measured.amount + upcoming.sales_needed - upcoming.net_sales
            )
        end as tier
    from upcoming
    left join measured on measured.partner_id = upcoming.partner_id
),

paid as (
    select
        ranked.*,
        case $mode
            when 'whole'
                then raw_units(ranked.sales_needed, coalesce(band_rates.rate, ranked.rate))
            else (
                select sum(raw_units(
                    least(ranked.starts_at, coalesce(lower_band.band_to, ranked.starts_at))
                    - coalesce(lower_band.band_from, 0),
                    coalesce(lower_rates.rate, lower_band.rate)
                ))
                from bands as lower_band
                left join band_rates as lower_rates
                    on lower_rates.segment_no = lower_band.segment_no
                    and lower_rates.band_no = lower_band.band_no
                    and lower_rates.tier = ranked.tier
                where
                    lower_band.segment_no = $last_segment
                    and lower_band.slab is not null
                    and lower_band.band_from < ranked.starts_at
            )
        end as units,
        (
            select min(caps.points)
            from caps
            where
                caps.period = 'cycle'
                and case caps.per
                    when 'partner' then true
                    when 'slab' then coalesce(caps.of, ranked.slab) = ranked.slab
                    when 'tier' then coalesce(caps.of, ranked.tier) = ranked.tier
                    else false
                end
        ) as most
    from ranked
    left join band_rates
        on band_rates.segment_no = $last_segment
        and band_rates.band_no = ranked.band_no
        and band_rates.tier = ranked.tier
)

select
    partner_id, slab as next_slab,
    cast(sales_needed - net_sales as decimal(18, 2)) as gap_to_next_slab,
    cast(
        least(
            coalesce(
                fixed_points,
                units_as_points(
                    cast(
                        rounded_units(cast(coalesce(units, 0) as bigint), $step, $rounding_mode)
                        as bigint
                    )
                )
            ),
            cap, most
        ) as decimal(18, 3)
    ) as points_at_next_slab
from paid
