-- Grain: one partner (and strategy) in a period of a cap that goes on after the cycle.
-- Inputs: rows_in (awards as they come to the cap), this_cap (one row), cap_carried; $program,
--   $cycle, $cycle_end.
-- Meaning: what the next cycle starts from: the sum of what came in, with that of earlier cycles.
with limited as (
    select
        rows_in.partner_id, rows_in.points,
        cap_period(rows_in.event_date, this_cap.period, this_cap.fiscal_start) as period_start,
        case
            when this_cap.per = 'partner' then ''
            when list_contains(this_cap.names, rows_in.promotion) then rows_in.promotion
            else rows_in.strategy
        end as limited
    from rows_in
    cross join this_cap
    where
        this_cap.per = 'partner'
        or this_cap.names is null and rows_in.period_key is null
        or list_contains(this_cap.names, rows_in.strategy)
        or coalesce(list_contains(this_cap.names, rows_in.promotion), false)
),

of_cycle as (
    select partner_id, limited, period_start, sum(points) as points
    from limited
    group by partner_id, limited, period_start
),

before as (
    select cap_carried.*
    from cap_carried
    join this_cap on this_cap.cap_id = cap_carried.cap_id
)

select
    $program as program, $cycle as cycle, this_cap.cap_id,
    coalesce(of_cycle.partner_id, before.partner_id) as partner_id,
    coalesce(of_cycle.limited, before.limited) as limited,
    coalesce(of_cycle.period_start, before.period_start) as period_start,
    cast(coalesce(of_cycle.points, 0) + coalesce(before.level, 0) as decimal(18, 3)) as level
from of_cycle
full join before
    on before.partner_id = of_cycle.partner_id
    and before.limited = of_cycle.limited
    and before.period_start = of_cycle.period_start
cross join this_cap
where
    -- A period that ended with the cycle, or before, matters to nobody any more.
    case this_cap.period
        when 'week' then coalesce(of_cycle.period_start, before.period_start) + 7 > $cycle_end
        when 'year'
            then coalesce(of_cycle.period_start, before.period_start) + interval 1 year
                > $cycle_end
        else false
    end
