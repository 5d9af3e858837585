-- Grain: one partner whose cycle reached a slab, in the table of any of its segments.
-- Inputs: slab_assigned (partner_id, net_sales, slab, rate, tier, slab_cap), contributions, bands,
--   band_rates; $step, $rounding_mode, $grain.
-- Meaning: mode marginal. Sales fill the bands in the total order; each contribution earns, band
--   by band, the rate of its segment's table on the part of it that lies inside the band.
with reached as (
    -- The table of the last day may have no slab for sales that an earlier one rates.
    select distinct slab_assigned.partner_id, slab_assigned.tier
    from slab_assigned
    join bands
        on (bands.band_from is null or slab_assigned.net_sales >= bands.band_from)
        and (bands.band_to is null or slab_assigned.net_sales < bands.band_to)
    where bands.slab is not null
),

filled as (
    select
        contributions.partner_id, contributions.segment_no, contributions.position,
        cast(sum(contributions.net_sales) over in_order as decimal(18, 2)) as level_after,
        cast(
            sum(contributions.net_sales) over in_order - contributions.net_sales
            as decimal(18, 2)
        ) as level_before
    from contributions
    semi join reached using (partner_id)
    window in_order as (
        partition by contributions.partner_id order by contributions.position
        rows unbounded preceding
    )
),

inside as (
    select
        filled.partner_id, filled.position, coalesce(band_rates.rate, bands.rate) as rate,
        inside_band(filled.level_after, bands.band_from, bands.band_to)
        - inside_band(filled.level_before, bands.band_from, bands.band_to) as net_sales
    from filled
    join bands
        on bands.segment_no = filled.segment_no
        and bands.slab is not null
    join reached on reached.partner_id = filled.partner_id
    left join band_rates
        on band_rates.segment_no = bands.segment_no
        and band_rates.band_no = bands.band_no
        and band_rates.tier = reached.tier
),

raw as (
    select
        partner_id, position,
        cast(sum(raw_units(cast(net_sales as decimal(18, 2)), rate)) as bigint) as units
    from inside
    group by partner_id, position
),

summed as (
    select
        partner_id,
        cast(sum(units) as bigint) as raw_units,
        cast(case
            when $grain = 'document' then sum(rounded_units(units, $step, $rounding_mode))
            else rounded_units(cast(sum(units) as bigint), $step, $rounding_mode)
        end as bigint) as rounded_units
    from raw
    group by partner_id
)

select
    slab_assigned.partner_id, slab_assigned.slab, slab_assigned.tier, slab_assigned.rate,
    slab_assigned.net_sales, slab_assigned.slab_cap, summed.raw_units, summed.rounded_units
from summed
join slab_assigned on slab_assigned.partner_id = summed.partner_id
