-- Grain: one partner whose cycle reached a slab, in the table of any of its segments.
-- Inputs: slab_assignments, contributions, bands; $step, $rounding_mode, $grain.
-- Meaning: mode whole. The reached rate applies to all sales: the cycle's net sales choose the
--   slab in each segment's table, the segment's rate applies to the sales dated under it.
with rates as (
    select slab_assignments.partner_id, bands.segment_no, bands.rate
    from slab_assignments
    join bands
        on (bands.band_from is null or slab_assignments.net_sales >= bands.band_from)
        and (bands.band_to is null or slab_assignments.net_sales < bands.band_to)
    -- The table of the last day may have no slab for sales that an earlier one rates.
    where bands.slab is not null or slab_assignments.slab is not null
),

raw as (
    select
        contributions.partner_id,
        raw_units(contributions.net_sales, rates.rate) as units
    from contributions
    join rates using (partner_id, segment_no)
)

select
    partner_id,
    cast(sum(units) as bigint) as raw_units,
    cast(case
        when $grain = 'document' then sum(rounded_units(units, $step, $rounding_mode))
        else rounded_units(cast(sum(units) as bigint), $step, $rounding_mode)
    end as bigint) as rounded_units
from raw
group by partner_id
