-- Grain: one interim award: a partner and month of the cycle.
-- Inputs: slabs_now (slab awards by the sales up to the month's end), slabs_before (by those up to
--   the end of the month before; none for the first month), table_assigned (partner_id, tier: also of
--   partners whose sales so far reach no slab any more).
-- Meaning: SPEC 4: f(cumulative sales) less the awards of the months before, where f goes through the
--   caps of slabs too; the result may be negative. Wider caps follow as of any award. What a cap
--   takes is what it takes of the sales so far less what it took of the months before: forgone_by
--   tells it by the cap's name.
with told as (
    select
        partner_id, unnest(string_split(forgone_by, ', ')) as taking,
        generate_subscripts(string_split(forgone_by, ', '), 1) as place, 1 as sign
    from slabs_now
    union all
    select
        partner_id, unnest(string_split(forgone_by, ', ')),
        generate_subscripts(string_split(forgone_by, ', '), 1), -1
    from slabs_before
),

by_cap as (
    select
        partner_id, split_part(taking, '=', 1) as cap_id,
        sum(sign * cast(split_part(taking, '=', 2) as decimal(18, 3))) as points,
        min(struct_pack(is_before := -sign, place := place)) as told_at
    from told
    group by partner_id, split_part(taking, '=', 1)
),

taken as (
    select
        partner_id, string_agg(cap_id, ', ' order by told_at) as capped_by,
        string_agg(
            cap_id || '=' || plain_points(points), ', ' order by told_at
        ) as forgone_by
    from by_cap
    where points <> 0
    group by partner_id
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
left join taken on taken.partner_id = coalesce(slabs_now.partner_id, slabs_before.partner_id)
left join table_assigned
    on table_assigned.partner_id = coalesce(slabs_now.partner_id, slabs_before.partner_id)
cross join closing
