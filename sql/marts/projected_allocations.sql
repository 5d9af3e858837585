-- Grain: one award (SPEC 8), by partner, allocation key and tranche.
-- Inputs: work.projected_allocations, the files promoted at the journal heads shown.
-- Meaning: what an open cycle will pay when it ends, as it stands, not posted; every stage leaves
--   its figure in the row.
select
    program, cycle, partner_id, allocation_key, event, event_date, document_no, line_no, tier,
    slab, strategy, rule, basis_amount, rate, raw_points, multiplier, rounded_points,
    forgone_points, capped_by, points, tranche, accrual_date, rules_version, rules_hash, source,
    distributor_id, document_type, forgone_by
from work.projected_allocations
