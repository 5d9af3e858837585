-- Grain: one partner and cycle with at least one counted document.
-- Inputs: slab_assignments, ledger_entries, projected_allocations, cycles.
-- Meaning: points are those posted for the cycle, promised and current together, corrections
--   included, also where a merge has moved them to another partner; projected_points what the open cycle would pay as it stands (0 once it is posted).
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
            - sum(case when to_account = 'issued' then points else 0 end)
            as decimal(18, 3)
        ) as points
    from ledger_entries
    where kind in ('award', 'promise', 'reversal')
    group by all
),

projected as (
    select program, cycle, partner_id, cast(sum(points) as decimal(18, 3)) as points
    from projected_allocations
    group by program, cycle, partner_id
)

select
    slab_assignments.program, slab_assignments.cycle, slab_assignments.partner_id,
    slab_assignments.net_sales, slab_assignments.slab, slab_assignments.tier,
    coalesce(posted.points, cast(0 as decimal(18, 3))) as points,
    coalesce(projected.points, cast(0 as decimal(18, 3))) as projected_points,
    slab_assignments.next_slab, slab_assignments.gap_to_next_slab,
    slab_assignments.points_at_next_slab, cycles.state as cycle_state
from slab_assignments
join cycles
    on cycles.program = slab_assignments.program and cycles.cycle = slab_assignments.cycle
left join posted
    on posted.program = slab_assignments.program
    and posted.cycle = slab_assignments.cycle
    and posted.partner_id = slab_assignments.partner_id
left join projected
    on projected.program = slab_assignments.program
    and projected.cycle = slab_assignments.cycle
    and projected.partner_id = slab_assignments.partner_id
