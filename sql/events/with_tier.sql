-- Grain: that of events_in, with the tier in force on the event's date by the tier history.
-- Inputs: events_in (partner_id, event_date, …), tier_stretches (partner_id, tier, tier_rank,
--   valid_from, valid_to, is_override; where nothing is held
--   above the base tier there is none), tiers
--   (tier, tier_rank; 0 is the base tier).
select
    events_in.*,
    coalesce(tier_stretches.tier, base.tier) as tier,
    coalesce(tier_stretches.tier_rank, 0) as tier_rank,
    coalesce(tier_stretches.is_override, false) as tier_is_set
from events_in
left join tier_stretches
    on tier_stretches.partner_id = events_in.partner_id
    and events_in.event_date >= tier_stretches.valid_from
    and events_in.event_date < coalesce(tier_stretches.valid_to, date '9999-12-31')
left join tiers as base on base.tier_rank = 0
