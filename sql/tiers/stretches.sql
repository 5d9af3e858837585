-- Grain: one stretch of days of a partner at one tier, for one reason.
-- Inputs: holdings (partner_id, tier, tier_rank, valid_from, valid_to, kind, reason, granted_on)
--   of one program, all that were ever granted; valid_to is exclusive, null: for good.
-- Meaning: on a day an override is the tier, whatever is earned, the latest to begin before
--   others; else the highest holding of the day. A holding of kind 'set' ends what was granted
--   on earlier days, also what of it begins later. Of equal tiers the one granted last is the
--   reason. Days that nothing covers, those of the base tier, are in no stretch.
-- How: nearly every partner has one holding, which is its stretch as it stands; only the holdings
--   of the others are cut at each other's ends and sorted.
with crowded as (
    select partner_id from holdings group by partner_id having count(*) > 1
),

several as (
    select
        holdings.partner_id, holdings.tier, holdings.tier_rank, holdings.valid_from,
        coalesce(holdings.valid_to, date '9999-12-31') as valid_to, holdings.kind,
        holdings.reason, holdings.granted_on
    from holdings
    join crowded on crowded.partner_id = holdings.partner_id
),

sets as (
    select distinct partner_id, valid_from
    from several
    where kind = 'set' and valid_from < valid_to
),

cut as (
    select
        several.partner_id, several.tier, several.tier_rank, several.valid_from, several.kind,
        several.reason, several.granted_on,
        least(several.valid_to, coalesce(min(sets.valid_from), several.valid_to)) as valid_to
    from several
    left join sets
        on sets.partner_id = several.partner_id
        and several.kind <> 'override'
        and sets.valid_from > several.granted_on
    group by
        several.partner_id, several.tier, several.tier_rank, several.valid_from,
        several.valid_to, several.kind, several.reason, several.granted_on
),

edges as (
    select partner_id, valid_from as day from cut where valid_from < valid_to
    union
    select partner_id, valid_to as day from cut where valid_from < valid_to
),

spans as (
    select
        partner_id, day as span_from,
        lead(day) over (partition by partner_id order by day) as span_to
    from edges
),

held as (
    select
        spans.partner_id, spans.span_from, spans.span_to, cut.tier, cut.tier_rank, cut.kind,
        cut.reason,
        row_number() over (
            partition by spans.partner_id, spans.span_from
            order by
                case when cut.kind = 'override' then cut.valid_from end desc nulls last,
                cut.tier_rank desc, cut.granted_on desc, cut.valid_to desc, cut.reason desc,
                cut.kind
        ) as place
    from spans
    join cut
        on cut.partner_id = spans.partner_id
        and cut.valid_from <= spans.span_from
        and cut.valid_to >= spans.span_to
),

compared as (
    select
        partner_id, span_from, span_to, tier, tier_rank, kind, reason,
        case
            when lag(span_to) over by_day = span_from
                and lag(tier) over by_day = tier
                and lag(reason) over by_day = reason
                then 0
            else 1
        end as is_start
    from held
    where place = 1
    window by_day as (partition by partner_id order by span_from)
),

numbered as (
    select
        *,
        sum(is_start) over (
            partition by partner_id order by span_from rows unbounded preceding
        ) as stretch_no
    from compared
)

select
    holdings.partner_id, holdings.tier, holdings.tier_rank, holdings.valid_from,
    holdings.valid_to, holdings.reason, holdings.kind = 'override' as is_override
from holdings
where
    not exists (select 1 from crowded where crowded.partner_id = holdings.partner_id)
    and (holdings.valid_to is null or holdings.valid_from < holdings.valid_to)
union all
select
    partner_id, min(tier) as tier, min(tier_rank) as tier_rank, min(span_from) as valid_from,
    nullif(max(span_to), date '9999-12-31') as valid_to, min(reason) as reason,
    bool_or(kind = 'override') as is_override
from numbered
group by partner_id, stretch_no
