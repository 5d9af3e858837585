-- Grain: one coupon code that was ever issued, also to events that are withdrawn since.
-- Inputs: notices (of all commits).
select distinct code
from notices
where code is not null
