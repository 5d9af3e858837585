-- Grain: one refused redemption. Inputs: refusals (a program's promoted file).
select file_id, file_line, redemption_id, partner_id, redeemed_on, points, reason, balance
from refusals
order by redemption_id
