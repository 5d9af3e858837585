-- Grain: one award of a campaign, as an allocation.
-- Inputs: takers (partner_id, event_date, tier, current_points), campaign_values (tier: null for all
--   tiers; value); $type (fixed, round_up), $lowest, $highest (balances that are lifted, null: any),
--   $step, $rounding_mode, $program, $cycle, $campaign, $strategy, $rules_version, $rules_hash.
-- Meaning: fixed points, or a lift of current points to a value: from 40 to 100 another 60. A
--   negative balance is below every lowest one. A tier without a value gets nothing.
--   The balance that was read is the basis.
with valued as (
    select
        takers.partner_id, takers.event_date, takers.tier,
        cast(takers.current_points as decimal(18, 3)) as current_points,
        campaign_values.value
    from takers
    join campaign_values
        on campaign_values.tier is null or campaign_values.tier = takers.tier
),

worth as (
    select
        *,
        case
            when $type = 'fixed' then value
            when
                current_points >= greatest(coalesce(cast($lowest as decimal(18, 3)), 0), 0)
                and current_points <= coalesce(cast($highest as decimal(18, 3)), current_points)
                then value - current_points
            else 0
        end as raw
    from valued
),

rounded as (
    select
        *,
        units_as_points(
            rounded_units(cast(raw * 100000000 as bigint), $step, $rounding_mode)
        ) as points
    from worth
    where raw > 0
)

select
    $program as program, $cycle as cycle, partner_id,
    $cycle || '/campaign/' || $campaign || '/' || cast(event_date as varchar) || '/'
    || key_part(partner_id) as allocation_key,
    'campaign' as event, event_date,
    cast(null as varchar) as document_no,
    cast(null as integer) as line_no,
    tier,
    cast(null as varchar) as slab,
    $strategy as strategy, $campaign as rule,
    case when $type = 'round_up' then cast(current_points as decimal(18, 2)) end as basis_amount,
    cast(null as decimal(9, 6)) as rate,
    cast(raw as decimal(18, 8)) as raw_points,
    cast(1 as decimal(9, 3)) as multiplier,
    points as rounded_points,
    cast(0 as decimal(18, 3)) as forgone_points,
    cast(null as varchar) as capped_by,
    points,
    1 as tranche,
    cast(null as date) as accrual_date,
    $rules_version as rules_version, $rules_hash as rules_hash,
    cast(null as varchar) as source,
    cast(null as varchar) as distributor_id,
    cast(null as varchar) as document_type,
    cast(null as varchar) as forgone_by
from rounded
where points > 0
order by partner_id
