-- Grain: one program in which a day has come on which another tier was known to begin.
-- Inputs: tier_history, programs, shown_until (program, business_date of the publication before).
-- Meaning: the first such day: liability by tier is another from then on, without any entry.
select tier_history.program, min(tier_history.valid_from) as day
from tier_history
join shown_until on shown_until.program = tier_history.program
join programs on programs.program = tier_history.program
where
    tier_history.known_to is null
    and tier_history.valid_from > shown_until.business_date
    and tier_history.valid_from <= programs.business_date
group by tier_history.program
