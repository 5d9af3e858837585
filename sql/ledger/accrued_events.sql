-- Grain: one due promise that a rule releases.
-- Inputs: matches (due events with rule_no), accruing_rules (rule_no).
select distinct position, holder_id, owner_id, event_group, accrual_date
from matches
where rule_no in (select accruing_rules.rule_no from accruing_rules)
