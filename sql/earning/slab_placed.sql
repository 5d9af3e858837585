-- Grain: one partner with net sales in the cycle (or up to a month of it).
-- Inputs: slab_measure (partner_id, net_sales, value, base), bands; $last_segment.
-- Meaning: the slab whose band [from, to) holds what the table measures, by the table of the
--   cycle's last day. value / base is what bands are about: net sales themselves (base 1), or a
--   percentage of another amount, compared without dividing. Nothing to compare with: no slab.
select
    slab_measure.partner_id, slab_measure.net_sales,
    bands.slab, coalesce(bands.rate, 0) as band_rate, bands.band_no, bands.points,
    bands.tier as slab_tier, bands.cap as slab_cap
from slab_measure
left join bands
    on bands.segment_no = $last_segment
    and (
        bands.band_from is null
        or slab_measure.value >= bands.band_from * slab_measure.base
    )
    and (bands.band_to is null or slab_measure.value < bands.band_to * slab_measure.base)
