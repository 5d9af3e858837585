-- Macros: the one place where points are rounded.
-- Meaning: raw points come in whole units of 0.00000001 (amount in cents x rate in millionths);
--   the answer is in the same units, a multiple of 10^(8 - decimals). Rounded on the magnitude,
--   the sign put back (SPEC 5, Rounding). Integers only: decimal division in DuckDB is a double.
create or replace temp macro raw_units(amount, rate) as
    cast(amount * 100 as bigint) * cast(rate * 1000000 as bigint);

create or replace temp macro rounded_units(units, step, mode) as
    sign(units) * step * (
        abs(units) // step
        + case mode
            when 'floor' then 0
            when 'ceil' then cast(abs(units) % step > 0 as integer)
            when 'half_even' then cast(
                abs(units) % step * 2 > step
                or (abs(units) % step * 2 = step and (abs(units) // step) % 2 = 1) as integer)
            when 'half_up' then cast(abs(units) % step * 2 >= step as integer)
            else error('unknown rounding mode')
        end
    );

-- Exact decimals again: eight places as computed, three as posted.
create or replace temp macro units_as_raw(units) as
    cast(cast(units as decimal(38, 0)) * 0.00000001 as decimal(18, 8));

create or replace temp macro units_as_points(units) as
    cast(cast(units // 100000 as decimal(38, 0)) * 0.001 as decimal(18, 3));
