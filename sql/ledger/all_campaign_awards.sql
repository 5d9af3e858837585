-- Grain: one award of a campaign, as an allocation. Inputs: campaign_awards.
select
    program, cycle, partner_id, allocation_key, event, event_date, document_no, line_no, tier, slab,
    strategy, rule, basis_amount, rate, raw_points, multiplier, rounded_points, forgone_points,
    capped_by, points, tranche, accrual_date, rules_version, rules_hash, source, distributor_id,
    document_type, forgone_by
from campaign_awards
order by partner_id
