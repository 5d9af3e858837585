-- Grain: one interim award: a partner and month of the cycle.
-- Inputs: slabs_now (slab awards by the sales up to the month's end), slabs_before (by those up to
--   the end of the month before; none for the first month), table_assigned (partner_id, tier: also of
--   partners whose sales so far reach no slab any more).
-- Meaning: SPEC 4: f(cumulative sales) less the awards of the months before, where f goes through the
--   slab's cap too; the result may be negative. Wider caps follow as of any award. What a slab's cap
--   takes is what it takes of the sales so far less what it took of the months before.
with months as (
    select
        coalesce(slabs_now.partner_id, slabs_before.partner_id) as partner_id,
        slabs_now.slab as slab_now, slabs_before.slab as slab_before,
        coalesce(slabs_now.rounded_points - slabs_now.points, 0)
        - case when slabs_before.slab = slabs_now.slab
            then slabs_before.rounded_points - slabs_before.points else 0 end as taken_now,
        case when slabs_before.slab is distinct from slabs_now.slab
            then slabs_before.points - slabs_before.rounded_points end as taken_before
    from slabs_now
    full join slabs_before on slabs_before.partner_id = slabs_now.partner_id
),

taken as (
    select
        partner_id,
        nullif(concat_ws(
            ', ', case when taken_now <> 0 then slab_now end,
            case when taken_before <> 0 then slab_before end
        ), '') as capped_by,
        nullif(concat_ws(
            ', ', case when taken_now <> 0 then slab_now || '=' || plain_points(taken_now) end,
            case when taken_before <> 0
                then slab_before || '=' || plain_points(taken_before) end
        ), '') as forgone_by
    from months
)

select
    coalesce(slabs_now.partner_id, slabs_before.partner_id) as partner_id,
    coalesce(slabs_now.event, slabs_before.event) as event, closing.event_date,
    coalesce(slabs_now.event_rank, slabs_before.event_rank) as event_rank,
    coalesce(slabs_now.event_no, slabs_before.event_no) as event_no,
    '' as source, '' as distributor_id,
    coalesce(slabs_now.document_no, slabs_before.document_no) as document_no,
    coalesce(slabs_now.document_type, slabs_before.document_type) as document_type,
    cast(0 as smallint) as fiscal_year, cast(null as varchar) as unit,
    cast(null as integer) as line_no, 1 as part_no, table_assigned.tier, false as uses_proportions,
    closing.first_on, closing.rules_version, slabs_now.rule,
    coalesce(slabs_now.rule_order, slabs_before.rule_order) as rule_order,
    coalesce(slabs_now.strategy, slabs_before.strategy) as strategy, slabs_now.slab,
    slabs_now.basis_amount, slabs_now.rate, cast(0 as bigint) as promotion_order,
    cast(null as varchar) as promotion, cast(1 as decimal(9, 3)) as multiplier,
    cast(
        coalesce(slabs_now.raw_points, 0) - coalesce(slabs_before.raw_points, 0)
        as decimal(18, 8)
    ) as raw_points,
    cast(
        coalesce(slabs_now.rounded_points, 0) - coalesce(slabs_before.rounded_points, 0)
        as decimal(18, 3)
    ) as rounded_points,
    cast(
        coalesce(slabs_now.points, 0) - coalesce(slabs_before.points, 0) as decimal(18, 3)
    ) as points,
    taken.capped_by, taken.forgone_by, closing.period_key, closing.is_projected
from slabs_now
full join slabs_before on slabs_before.partner_id = slabs_now.partner_id
join taken on taken.partner_id = coalesce(slabs_now.partner_id, slabs_before.partner_id)
left join table_assigned
    on table_assigned.partner_id = coalesce(slabs_now.partner_id, slabs_before.partner_id)
cross join closing
