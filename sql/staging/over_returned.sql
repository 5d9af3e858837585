-- Grain: one row if any return takes more than is left, else none.
-- Inputs: applied_returns.
select 1 as found
from applied_returns
where status = 'over_returned'
limit 1
