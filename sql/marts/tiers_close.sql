-- Ends what is no longer believed. Inputs: tiers_changed; $program, $known_at.
update tier_history
set known_to = $known_at
from tiers_changed
where
    tier_history.program = $program and tier_history.known_to is null
    and not tiers_changed.is_new
    and tier_history.partner_id = tiers_changed.partner_id
    and tier_history.valid_from = tiers_changed.valid_from
    and tier_history.valid_to is not distinct from tiers_changed.valid_to
    and tier_history.tier = tiers_changed.tier
    and tier_history.reason = tiers_changed.reason
