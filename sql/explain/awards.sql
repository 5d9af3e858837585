-- Grain: one award of the partner in the cycle, posted or, while the cycle is open, projected.
-- Inputs: point_allocations, projected_allocations (published); $program, $partner_id, $cycle.
select
    allocation_key, event, event_date, document_no, line_no, tier, slab, strategy, rule,
    basis_amount, rate, raw_points, multiplier, rounded_points, forgone_points, capped_by,
    forgone_by, points, tranche, accrual_date, rules_version, false as is_projected
from point_allocations
where program = $program and partner_id = $partner_id and cycle = $cycle
union all
select
    allocation_key, event, event_date, document_no, line_no, tier, slab, strategy, rule,
    basis_amount, rate, raw_points, multiplier, rounded_points, forgone_points, capped_by,
    forgone_by, points, tranche, accrual_date, rules_version, true as is_projected
from projected_allocations
where program = $program and partner_id = $partner_id and cycle = $cycle
order by event_date, allocation_key
