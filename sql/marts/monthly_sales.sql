-- Grain: one partner and month with at least one counted document (SPEC 8).
-- Inputs: work.monthly_sales, the files promoted at the journal heads shown.
select program, month, partner_id, net_sales, documents
from work.monthly_sales
