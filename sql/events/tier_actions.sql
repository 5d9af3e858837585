-- Grain: one change of tier by a rule. Inputs: actions_in (actions of events).
-- Meaning: a tier that the rules in force do not know does nothing.
select *
from actions_in
where action in ('set_tier', 'upgrade_tier') and target_rank is not null
