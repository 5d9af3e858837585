-- Grain: one redemption that was refused and not served since.
-- Inputs: refusals (as they were), new_refusals, open_redemptions (what this run tried).
-- Meaning: whatever was tried now is either served or refused anew; the rest stays as it was.
select
    redemption_id, file_id, file_line, partner_id, redeemed_on, points, reason, balance, tried_on
from refusals
where redemption_id not in (select open_redemptions.redemption_id from open_redemptions)
union all
select
    redemption_id, file_id, file_line, partner_id, redeemed_on, points, reason, balance, tried_on
from new_refusals
order by redemption_id
