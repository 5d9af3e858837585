-- Grain: one instruction that sets a tier by hand. Inputs: instructions; $today.
select instruction_id, partner_id, effective_on, until, tier, reason
from instructions
where kind = 'set_tier' and effective_on <= $today
order by instruction_id
