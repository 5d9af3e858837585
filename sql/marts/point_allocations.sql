-- Grain: one award (SPEC 8), by partner, allocation key and tranche.
-- Inputs: work.point_allocations, work.campaign_awards: the files promoted at the journal heads
--   shown.
-- Meaning: awards that are posted: of events, of ended cycles (or months) and of campaigns; every
--   stage leaves its figure in the row.
select
    program, cycle, partner_id, allocation_key, event, event_date, document_no, line_no, tier,
    slab, strategy, rule, basis_amount, rate, raw_points, multiplier, rounded_points,
    forgone_points, capped_by, points, tranche, accrual_date, rules_version, rules_hash, source,
    distributor_id, document_type, forgone_by
from work.point_allocations
union all
select
    program, cycle, partner_id, allocation_key, event, event_date, document_no, line_no, tier,
    slab, strategy, rule, basis_amount, rate, raw_points, multiplier, rounded_points,
    forgone_points, capped_by, points, tranche, accrual_date, rules_version, rules_hash, source,
    distributor_id, document_type, forgone_by
from work.campaign_awards
