-- Grain: one partner below the top slab of the table in force on the cycle's last day.
-- Inputs: slab_measure (partner_id, net_sales, value, base, added: 100 of growth, else 0), bands,
--   band_rates, caps, tiers, measured (partner_id, amount: what earns tiers, where that is sales),
--   segment_sales (partner_id, segment_no, net_sales that the table counts); $measures, $mode,
--   $tier_from (slab, sales or none), $step, $rounding_mode, $last_segment.
-- Meaning: the next slab, the sales missing to it in whole cents, and what exactly these sales
--   would pay with the tier that they would earn, after rounding and the caps of the cycle, each by
--   itself. Sales keep the rates of their segment's table, those missing have the last one's. Who
--   has nothing to compare with has none.
with slabs as (
    select
        slab, tier as slab_tier, band_from as starts_at, cap, points as fixed_points
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

-- What is sold by then under each segment's table; what is missing, under the last one.
parted as (
    select
        ranked.partner_id, ranked.starts_at, ranked.tier, segment_nos.segment_no,
        cast(
            coalesce(segment_sales.net_sales, 0)
            + case
                when segment_nos.segment_no = $last_segment
                    then ranked.sales_needed - ranked.net_sales
                else 0
            end as decimal(18, 2)
        ) as net_sales
    from ranked
    cross join (select distinct bands.segment_no from bands) as segment_nos
    left join segment_sales
        on segment_sales.partner_id = ranked.partner_id
        and segment_sales.segment_no = segment_nos.segment_no
),

filled as (
    select
        *,
        cast(sum(net_sales) over in_order as decimal(18, 2)) as level_after,
        cast(sum(net_sales) over in_order - net_sales as decimal(18, 2)) as level_before
    from parted
    window in_order as (
        partition by partner_id order by segment_no rows unbounded preceding
    )
),

-- Mode whole: the band in which the sales lie by then; marginal: every band, as far as filled.
inside as (
    select
        filled.partner_id, coalesce(band_rates.rate, bands.rate) as rate,
        case $mode
            when 'whole' then filled.net_sales
            else inside_band(filled.level_after, bands.band_from, bands.band_to)
                - inside_band(filled.level_before, bands.band_from, bands.band_to)
        end as net_sales
    from filled
    join bands
        on bands.segment_no = filled.segment_no
        and case $mode
            when 'whole' then
                (bands.band_from is null or filled.starts_at >= bands.band_from)
                and (bands.band_to is null or filled.starts_at < bands.band_to)
            else bands.slab is not null
        end
    left join band_rates
        on band_rates.segment_no = bands.segment_no
        and band_rates.band_no = bands.band_no
        and band_rates.tier = filled.tier
),

summed as (
    select
        partner_id,
        cast(sum(raw_units(cast(net_sales as decimal(18, 2)), rate)) as bigint) as units
    from inside
    group by partner_id
),

paid as (
    select
        ranked.*, summed.units,
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
    left join summed on summed.partner_id = ranked.partner_id
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
