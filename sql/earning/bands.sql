-- Macros: how sales fill the bands of a slab table.
-- Meaning: inside_band is the part of a level of sales that lies inside a band: 0 below it, the
--   band's width above it; band_to is null where the band is open (SPEC 5, Slabs).
create or replace temp macro inside_band(level, band_from, band_to) as
    greatest(least(level, coalesce(band_to, level)) - band_from, 0);
