-- Grain: one partner and cycle with at least one counted document, or with points.
-- Inputs: slab_assignments, cycle_sales, ledger_entries, projected_allocations, cycles,
--   monthly_sales, tier_history, work.tier_aims.
-- Meaning: net_sales are those of the cycle, whatever the main slab table counts of them. points
--   are those posted for the cycle, promised and current together, campaigns and corrections
--   included, less what was forfeited, also where a merge has moved them to another partner;
--   projected_points what the cycle will pay besides when it ends, as it stands (0 once it is
--   posted). tier is the one the cycle earned, or would earn; of a partner without sales the one
--   that its points or the sales of the window earn, and where the cycle's own sales do the one in
--   force at its end. The gap to the next tier is in what earns tiers: sales, or points; that of a
--   partner without sales is told here, and so is the one that a higher slab earns, any other with
--   its slab.
with posted as (
    select
        program, cycle,
        -- As ledger/keys reads whose award it is, which a published view cannot call.
        case
            when contains(allocation_key, '//') then
                replace(
                    replace(split_part(allocation_key, '//', 2), '%2F', '/'), '%25', '%'
                )
            else partner_id
        end as partner_id,
        cast(
            sum(case when from_account = 'issued' then points else 0 end)
            - sum(case when to_account in ('issued', 'forfeited') then points else 0 end)
            as decimal(18, 3)
        ) as points,
        -- Points of campaigns earn no tier; what was forfeited does, as it was allocated.
        sum(
            case
                when starts_with(allocation_key, cycle || '/campaign/') then 0
                when from_account = 'issued' then points
                when to_account = 'issued' then -points
                else 0
            end
        ) as earned
    from ledger_entries
    where kind in ('award', 'promise', 'reversal', 'campaign', 'forfeit')
    group by all
),

projected as (
    select program, cycle, partner_id, cast(sum(points) as decimal(18, 3)) as points
    from projected_allocations
    group by program, cycle, partner_id
),

pointed as (
    select
        coalesce(posted.program, projected.program) as program,
        coalesce(posted.cycle, projected.cycle) as cycle,
        coalesce(posted.partner_id, projected.partner_id) as partner_id,
        coalesce(posted.points, cast(0 as decimal(18, 3))) as points,
        coalesce(projected.points, cast(0 as decimal(18, 3))) as projected_points,
        coalesce(posted.earned, 0) + coalesce(projected.points, 0) as earned
    from posted
    full join projected
        on projected.program = posted.program
        and projected.cycle = posted.cycle
        and projected.partner_id = posted.partner_id
),

windows as (
    select distinct aims.program, aims.cycle, aims.window_from,
        strftime(cycles.ends_on, '%Y-%m') as window_to
    from work.tier_aims as aims
    join cycles on cycles.program = aims.program and cycles.cycle = aims.cycle
    where aims.window_from is not null
),

window_sales as (
    select windows.program, windows.cycle, monthly_sales.partner_id,
        sum(monthly_sales.net_sales) as net_sales
    from windows
    join monthly_sales
        on monthly_sales.program = windows.program
        and monthly_sales.month between windows.window_from and windows.window_to
    group by windows.program, windows.cycle, monthly_sales.partner_id
),

-- Points without sales, by scans for example; not what has been taken back wholly.
without_sales as (
    select pointed.program, pointed.cycle, pointed.partner_id, tier_history.tier
    from pointed
    join cycles on cycles.program = pointed.program and cycles.cycle = pointed.cycle
    left join tier_history
        on tier_history.program = pointed.program
        and tier_history.partner_id = pointed.partner_id
        and tier_history.known_to is null
        and tier_history.valid_from <= cycles.ends_on
        and coalesce(tier_history.valid_to, date '9999-12-31') > cycles.ends_on
    where
        (pointed.points <> 0 or pointed.projected_points <> 0)
        and not exists (
            select 1
            from slab_assignments as sold
            where
                sold.program = pointed.program and sold.cycle = pointed.cycle
                and sold.partner_id = pointed.partner_id
        )
),

summed as (
    select
        slabs.program, slabs.cycle, slabs.partner_id, cycle_sales.net_sales, slabs.slab,
        slabs.tier, slabs.next_slab, slabs.gap_to_next_slab, slabs.points_at_next_slab,
        slabs.next_tier, slabs.gap_to_next_tier, true as has_sales
    from slab_assignments as slabs
    left join cycle_sales
        on cycle_sales.program = slabs.program
        and cycle_sales.cycle = slabs.cycle
        and cycle_sales.partner_id = slabs.partner_id
    union all
    select
        program, cycle, partner_id, 0 as net_sales, null as slab, tier, null as next_slab,
        null as gap_to_next_slab, null as points_at_next_slab, null as next_tier,
        null as gap_to_next_tier, false as has_sales
    from without_sales
)

select
    summed.program, summed.cycle, summed.partner_id,
    cast(summed.net_sales as decimal(18, 2)) as net_sales, summed.slab,
    case
        when aims.measured in ('points', 'window') then aims.tier else summed.tier
    end as tier,
    coalesce(pointed.points, cast(0 as decimal(18, 3))) as points,
    coalesce(pointed.projected_points, cast(0 as decimal(18, 3))) as projected_points,
    summed.next_slab, cast(summed.gap_to_next_slab as decimal(18, 2)) as gap_to_next_slab,
    cast(summed.points_at_next_slab as decimal(18, 3)) as points_at_next_slab,
    coalesce(summed.next_tier, aims.next_tier) as next_tier,
    cast(
        case
            when summed.gap_to_next_tier is not null then summed.gap_to_next_tier
            when aims.measured = 'sales' then aims.next_at - summed.net_sales
            when aims.measured = 'window'
                then aims.next_at - coalesce(window_sales.net_sales, 0)
            when aims.measured = 'points' then aims.next_at - coalesce(pointed.earned, 0)
        end as decimal(18, 3)
    ) as gap_to_next_tier,
    cycles.state as cycle_state
from summed
join cycles on cycles.program = summed.program and cycles.cycle = summed.cycle
left join pointed
    on pointed.program = summed.program
    and pointed.cycle = summed.cycle
    and pointed.partner_id = summed.partner_id
left join window_sales
    on window_sales.program = summed.program
    and window_sales.cycle = summed.cycle
    and window_sales.partner_id = summed.partner_id
left join work.tier_aims as aims
    on aims.program = summed.program
    and aims.cycle = summed.cycle
    and case
        when summed.has_sales then summed.next_tier is null and aims.measured = 'sales'
        else true
    end
    and case aims.measured
        when 'sales' then
            (aims.next_at is null or summed.net_sales < aims.next_at)
            and (aims.starts_at is null or summed.net_sales >= aims.starts_at)
        when 'points' then
            (aims.next_at is null or coalesce(pointed.earned, 0) < aims.next_at)
            and (aims.starts_at is null or coalesce(pointed.earned, 0) >= aims.starts_at)
        when 'window' then
            (aims.next_at is null or coalesce(window_sales.net_sales, 0) < aims.next_at)
            and (aims.starts_at is null or coalesce(window_sales.net_sales, 0) >= aims.starts_at)
        else aims.starts_at is null
    end
