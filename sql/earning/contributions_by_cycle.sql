-- Grain: one partner; what is rounded once is the cycle's sum.
-- Inputs: cycle_sales.
select partner_id, 0 as segment_no, net_sales, 1 as position
from cycle_sales
