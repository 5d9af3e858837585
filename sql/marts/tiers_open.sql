-- Begins what is believed now. Inputs: tiers_changed; $program, $known_at.
insert into tier_history by name
select
    $program as program, partner_id, tier, valid_from, valid_to, reason,
    $known_at as known_from, cast(null as timestamp) as known_to
from tiers_changed
where is_new
