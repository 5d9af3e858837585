-- Grain: one row: the cycle and what the partner's sales reached in it, if there were any.
-- Inputs: cycles, cycle_sales, slab_assignments, partner_summary, partners (published); $program,
--   $partner_id, $cycle.
-- Meaning: cycle_sales are all net sales, net_sales those that the main slab table counts.
select
    cycles.starts_on, cycles.ends_on, cycles.state, cycles.rules_version, cycles.rules_hash,
    sales.net_sales as cycle_sales, slabs.net_sales, slabs.slab, slabs.rate, slabs.tier, slabs.next_slab,
    slabs.gap_to_next_slab, slabs.points_at_next_slab,
    summary.next_tier, summary.gap_to_next_tier,
    (
        select max_by(partners.name, partners.valid_from)
        from partners
        where partners.program = $program and partners.partner_id = $partner_id
    ) as partner_name
from cycles
left join cycle_sales as sales
    on sales.program = cycles.program
    and sales.cycle = cycles.cycle
    and sales.partner_id = $partner_id
left join slab_assignments as slabs
    on slabs.program = cycles.program
    and slabs.cycle = cycles.cycle
    and slabs.partner_id = $partner_id
left join partner_summary as summary
    on summary.program = cycles.program
    and summary.cycle = cycles.cycle
    and summary.partner_id = $partner_id
where cycles.program = $program and cycles.cycle = $cycle
