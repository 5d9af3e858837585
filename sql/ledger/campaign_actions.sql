-- Grain: one message or coupon of a campaign for one who got points of it.
-- Inputs: campaign_awards (of this date), takers (partner_id, position, fields: what texts name),
--   campaign_then (place, action, target).
-- Meaning: once a date and partner, as the award, whoever the partner becomes; a campaign that is
--   withdrawn asks for none of them any more.
select
    campaign_awards.program, campaign_awards.cycle, 'campaign' as event,
    campaign_awards.event_date,
    'campaign/' || campaign_awards.rule || '/' || campaign_awards.event_date || '/'
    || key_part(campaign_awards.partner_id) as event_key,
    campaign_awards.partner_id, campaign_awards.rule, campaign_then.action, campaign_then.target,
    campaign_awards.points, campaign_awards.rules_version as version, takers.position,
    campaign_awards.document_no, cast(null as decimal(18, 2)) as amount, takers.fields
from campaign_awards
join takers on takers.partner_id = campaign_awards.partner_id
cross join campaign_then
order by takers.position, campaign_then.place
