-- Grain: one holding that a morning's releases grant. Inputs: granted_holdings; $program, $cycle.
select
    $program as program, $cycle as cycle, partner_id, tier, cast(tier_rank as integer) as tier_rank,
    cast(valid_from as date) as valid_from, cast(valid_to as date) as valid_to, kind, reason,
    cast(granted_on as date) as granted_on
from granted_holdings
order by partner_id, valid_from, tier_rank, reason
