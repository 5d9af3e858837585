-- Grain: one partner and cycle with at least one counted document (SPEC 8).
-- Inputs: work.cycle_sales, the files promoted at the journal heads shown.
select program, cycle, partner_id, net_sales, documents
from work.cycle_sales
