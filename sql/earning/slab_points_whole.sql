-- Grain: one partner whose cycle reached a slab, in the table of any of its segments.
-- Inputs: slab_assigned (partner_id, net_sales, slab, rate, tier, slab_cap), slab_measure,
--   contributions, bands, band_rates; $step, $rounding_mode, $grain, $last_segment.
-- Meaning: mode whole. The reached rate applies to all sales: what the table measures chooses the
--   slab in each segment's table, the segment's rate applies to the sales dated under it. A fixed
--   amount is that of the last day's table.
with rates as (
    select
        slab_assigned.partner_id, bands.segment_no,
        coalesce(band_rates.rate, bands.rate) as rate,
        case when bands.segment_no = $last_segment then bands.points end as fixed_points
    from slab_assigned
    join slab_measure on slab_measure.partner_id = slab_assigned.partner_id
    join bands
        on (bands.band_from is null or slab_measure.value >= bands.band_from * slab_measure.base)
        and (bands.band_to is null or slab_measure.value < bands.band_to * slab_measure.base)
    left join band_rates
        on band_rates.segment_no = bands.segment_no
        and band_rates.band_no = bands.band_no
        and band_rates.tier = slab_assigned.tier
    -- The table of the last day may have no slab for sales that an earlier one rates.
    where bands.slab is not null or slab_assigned.slab is not null
),

raw as (
    select
        contributions.partner_id,
        raw_units(contributions.net_sales, rates.rate) as units
    from contributions
    join rates using (partner_id, segment_no)
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
),

fixed as (
    select partner_id, cast(max(fixed_points) * 1000 as bigint) * 100000 as units
    from rates
    where fixed_points is not null
    group by partner_id
)

select
    slab_assigned.partner_id, slab_assigned.slab, slab_assigned.tier, slab_assigned.rate,
    slab_assigned.net_sales, slab_assigned.slab_cap,
    coalesce(fixed.units, summed.raw_units) as raw_units,
    coalesce(fixed.units, summed.rounded_units) as rounded_units
from summed
join slab_assigned on slab_assigned.partner_id = summed.partner_id
left join fixed on fixed.partner_id = summed.partner_id
