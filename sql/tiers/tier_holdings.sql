-- Grain: one holding that a cycle grants, or that was set by hand and bears on it.
-- Inputs: earned_holdings, granted_holdings (for events), override_holdings (all there are);
--   $program, $cycle, $cycle_start, $cycle_end.
-- Meaning: of tiers set by hand those that cover a day of the cycle.
select
    $program as program, $cycle as cycle, partner_id, tier, cast(tier_rank as integer) as tier_rank,
    cast(valid_from as date) as valid_from, cast(valid_to as date) as valid_to, kind, reason,
    cast(granted_on as date) as granted_on
from (
    select partner_id, tier, tier_rank, valid_from, valid_to, kind, reason, granted_on
    from earned_holdings
    union
    select partner_id, tier, tier_rank, valid_from, valid_to, kind, reason, granted_on
    from granted_holdings
    union
    select partner_id, tier, tier_rank, valid_from, valid_to, kind, reason, granted_on
    from override_holdings
    where
        valid_from < cast($cycle_end as date)
        and (valid_to is null or valid_to > cast($cycle_start as date))
) as holdings
order by partner_id, valid_from, kind, tier_rank, granted_on, valid_to, reason
