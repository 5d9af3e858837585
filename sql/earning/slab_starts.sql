-- Grain: one slab of the table in force on the cycle's last day.
-- Inputs: bands, band_rates, caps; $mode (whole or marginal), $step, $rounding_mode, $last_segment.
-- Meaning: what net sales of exactly the slab's lower bound would pay, after rounding and caps:
--   the answer to "what am I missing for the next slab?". Where rates go by tier, that of the tier
--   which the slab earns. starts_at is in the table's own measure.
with slabs as (
    select
        bands.slab, bands.band_no, bands.band_from, bands.cap, bands.points as fixed_points,
        coalesce(band_rates.rate, bands.rate) as rate
    from bands
    left join band_rates
        on band_rates.segment_no = bands.segment_no
        and band_rates.band_no = bands.band_no
        and band_rates.tier = bands.tier
    where bands.segment_no = $last_segment and bands.slab is not null
    qualify row_number() over (partition by bands.slab order by bands.band_no) = 1
),

paid as (
    select
        slabs.slab, slabs.band_from, slabs.cap, slabs.rate, slabs.fixed_points,
        case
            when $mode = 'whole' then raw_units(slabs.band_from, slabs.rate)
            else (
                select sum(raw_units(
                    least(slabs.band_from, coalesce(lower_band.band_to, slabs.band_from))
                    - coalesce(lower_band.band_from, 0),
                    lower_band.rate
                ))
                from bands as lower_band
                where
                    lower_band.segment_no = $last_segment
                    and lower_band.slab is not null
                    and lower_band.band_from < slabs.band_from
            )
        end as units
    from slabs
),

rounded as (
    select
        slab, band_from, cap, rate, fixed_points,
        units_as_points(
            cast(rounded_units(cast(coalesce(units, 0) as bigint), $step, $rounding_mode) as bigint)
        ) as points
    from paid
)

select
    slab, band_from as starts_at, rate, fixed_points, cap,
    least(
        coalesce(fixed_points, points), cap,
        (
            select min(caps.points) from caps
            where caps.per = 'partner' and caps.period = 'cycle'
        )
    ) as points
from rounded
