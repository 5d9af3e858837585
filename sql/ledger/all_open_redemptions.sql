-- Grain: one redemption or reversal to serve, in the order in which they are served.
-- Inputs: open_redemptions (filled from ledger/open_redemptions).
select
    redemption_id, partner_id, redeemed_on, points, reverses, file_id, file_line, is_inactive,
    is_changed
from open_redemptions
order by redeemed_on, redemption_id
