-- Grain: one change of tier inside the cycle. Inputs: found_changes.
select * from found_changes
