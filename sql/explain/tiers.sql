-- Grain: one stretch of days of the cycle at one tier, as known now, in order.
-- Inputs: tier_history, cycles (published); $program, $partner_id, $cycle.
-- Meaning: last_day is null while the tier is in force.
select
    tier_history.tier, tier_history.valid_from, tier_history.valid_to - 1 as last_day,
    tier_history.reason
from tier_history
join cycles on cycles.program = tier_history.program and cycles.cycle = $cycle
where
    tier_history.program = $program and tier_history.partner_id = $partner_id
    and tier_history.known_to is null
    and tier_history.valid_from <= cycles.ends_on
    and coalesce(tier_history.valid_to, date '9999-12-31') > cycles.starts_on
order by tier_history.valid_from
