-- Grain: one stretch of days that is believed and was not (is_new), or was and is no longer.
-- Inputs: tier_standing, tiers_believed.
with earlier as (
    select partner_id, tier, valid_from, valid_to, reason from tier_standing
),

later as (
    select partner_id, tier, valid_from, valid_to, reason from tiers_believed
)

select later_only.*, true as is_new
from (select * from later except select * from earlier) as later_only
union all
select earlier_only.*, false as is_new
from (select * from earlier except select * from later) as earlier_only
