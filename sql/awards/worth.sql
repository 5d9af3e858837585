-- Macros: what is worth points, and within which bounds.
-- Meaning: sells is whether an event sells anything: not a return without its sale, whatever its
--   lines, not a cycle whose sales came back, and not a line or payment of one that takes. An event
--   without an amount, like a scan, sells (SPEC 2, Returns). within_bounds is an award's size between
--   the least and the most points of its strategy, where it has them.
create or replace temp macro sells(amount, net_sales, unit_amount) as
    coalesce(amount, net_sales, 1) > 0 and coalesce(unit_amount, 1) > 0;

create or replace temp macro within_bounds(units, least_units, most_units) as
    least(greatest(units, coalesce(least_units, 0)), coalesce(most_units, 9223372036854775807));
