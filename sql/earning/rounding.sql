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

-- A share rounded down, also below zero: what largest remainders start from. `//` cuts off.
create or replace temp macro floored_share(weighted, whole) as
    weighted // whole - cast(weighted % whole <> 0 and (weighted < 0) <> (whole < 0) as integer);

-- What a cap lets through of an award: the increase of min(running sum, cap) (SPEC 5, Caps).
create or replace temp macro let_through(level, incoming, cap) as
    least(level, cap) - least(level - incoming, cap);

-- The period of a cap that a day lies in, by its first day; a cycle's is one for the whole cycle.
create or replace temp macro cap_period(day, period, fiscal_start) as
    case period
        when 'day' then day
        when 'week' then cast(date_trunc('week', day) as date)
        when 'month' then cast(date_trunc('month', day) as date)
        when 'year' then make_date(
            year(day) - cast(month(day) < fiscal_start as integer), fiscal_start, 1
        )
        else date '0001-01-01'
    end;

-- Points as people write them: without trailing zeros.
create or replace temp macro plain_points(points) as
    rtrim(rtrim(cast(points as varchar), '0'), '.');

-- A factor in units of 0.000000001 times a multiple in thousandths, exactly or not at all.
create or replace temp macro multiplied(factor, thousandths) as
    case
        when factor * thousandths % 1000 = 0 then factor * thousandths // 1000
        else error('promotions multiply to more than 9 decimals: give them fewer decimals')
    end;
