-- Grain: one partner whose sales of the cycle count as another's.
-- Inputs: homes (partner_id, home_id, merged_on); $program, $cycle, $cycle_start, $cycle_end.
-- Meaning: merged_on is the day of the merge. All sales of the cycle are moved, also those dated
--   before it (SPEC 2); whether one counts is judged of the merged partner until that day.
select
    $program as program, $cycle as cycle, cast($cycle_start as date) as cycle_start,
    cast($cycle_end as date) as cycle_end, partner_id, home_id, merged_on
from homes
order by partner_id
