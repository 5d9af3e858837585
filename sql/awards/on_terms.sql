-- Grain: one award. Inputs: rows_in (awards after caps), strategy_terms (version, strategy, delay,
--   delay_from; a row each).
-- Meaning: what `in_tranches` comes to where no strategy pays in parts.
select
    rows_in.*, 1 as tranche,
    case
        when strategy_terms.delay is null then null
        when strategy_terms.delay_from = 'posting' then rows_in.first_on + strategy_terms.delay + 1
        else rows_in.event_date + strategy_terms.delay + 1
    end as accrual_date
from rows_in
left join strategy_terms
    on strategy_terms.strategy = rows_in.strategy
    and strategy_terms.version = rows_in.rules_version
