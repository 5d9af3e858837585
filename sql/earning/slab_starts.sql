-- Grain: one slab of the table in force on the cycle's last day.
-- Inputs: bands, caps; $mode (whole or marginal), $step, $rounding_mode, $last_segment.
-- Meaning: what net sales of exactly the slab's lower bound would pay, after rounding and caps:
--   the answer to "what am I missing for the next slab?".
with slabs as (
    select slab, band_no, band_from, rate, cap
    from bands
    where segment_no = $last_segment and slab is not null
    qualify row_number() over (partition by slab order by band_no) = 1
),

paid as (
    select
        slabs.slab, slabs.band_from, slabs.cap,
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
        slab, band_from, cap,
        units_as_points(
            cast(rounded_units(cast(coalesce(units, 0) as bigint), $step, $rounding_mode) as bigint)
        ) as points
    from paid
)

select
    slab, band_from as starts_at,
    least(
        points, coalesce(cap, points), coalesce((select min(caps.points) from caps), points)
    ) as points
from rounded
