-- Grain: one holding that bears on what is believed anew, with the columns of tiers/stretches.
-- Inputs: holding_rows (of all cycles and releases), tier_affected, tier_order (tier, tier_rank).
-- Meaning: a tier that was set may end others long after it has ended itself. One set by hand is
--   in the file of every cycle that it covers: it ends as the latest of them says. A tier that
--   came between others moved those above it up: ranks are of the tiers there are by now, whatever
--   was the rank in the version that granted it.
with affected as (
    select
        holding_rows.*,
        row_number() over (
            partition by holding_rows.partner_id, holding_rows.reason, holding_rows.valid_from
            order by holding_rows.cycle desc
        ) as place
    from holding_rows
    join tier_affected on tier_affected.partner_id = holding_rows.partner_id
    where
        holding_rows.kind = 'override'
        and (
            tier_affected.from_day is null
            or holding_rows.valid_to is null
            or holding_rows.valid_to > tier_affected.from_day
        )
)

select
    affected.partner_id, affected.tier, tier_order.tier_rank, affected.valid_from,
    affected.valid_to, affected.kind, affected.reason, affected.granted_on
from affected
join tier_order on tier_order.tier = affected.tier
where affected.place = 1
union all
select
    holding_rows.partner_id, holding_rows.tier, tier_order.tier_rank, holding_rows.valid_from,
    holding_rows.valid_to, holding_rows.kind, holding_rows.reason, holding_rows.granted_on
from holding_rows
join tier_affected on tier_affected.partner_id = holding_rows.partner_id
join tier_order on tier_order.tier = holding_rows.tier
where
    holding_rows.kind <> 'override'
    and (
        tier_affected.from_day is null
        or holding_rows.kind = 'set'
        or holding_rows.valid_to is null
        or holding_rows.valid_to > tier_affected.from_day
    )
