-- Grain: one holding of a tier that was set by hand.
-- Inputs: instructions (staged, all sources), identities (partner_id, home_id, seen_from, seen_to:
--   who a merged partner was when), tiers.
-- Meaning: from effective_on to until, included, or for good, exactly that tier. Of two the one
--   of the later effective_on, then of the higher instruction_id, is in force from its start, and
--   the earlier one does not come back where it ends. A tier that the rules do not know does
--   nothing. What is said of a partner holds for who it is on the day: for itself until it is merged,
--   from then on for its home.
with given as (
    select distinct
        instructions.instruction_id, instructions.partner_id, instructions.effective_on,
        coalesce(instructions.until + 1, date '9999-12-31') as ends_on, tiers.tier,
        tiers.tier_rank,
        'set by ' || instructions.instruction_id
        || coalesce(': ' || nullif(instructions.reason, ''), '') as reason
    from instructions
    join tiers on tiers.tier = instructions.tier
    where instructions.kind = 'set_tier'
),

of_holders as (
    select
        coalesce(identities.home_id, given.partner_id) as partner_id,
        given.instruction_id, given.effective_on, given.tier, given.tier_rank, given.reason,
        greatest(given.effective_on, coalesce(identities.seen_from, given.effective_on))
            as starts_on,
        given.ends_on,
        -- Up to here it says something of the holder, if only that an earlier one has ended.
        coalesce(identities.seen_to, date '9999-12-31') as seen_to
    from given
    left join identities
        on identities.partner_id = given.partner_id
        and identities.seen_to > given.effective_on
        and identities.seen_from < given.ends_on
    where given.effective_on < given.ends_on
),

edges as (
    select partner_id, starts_on as day from of_holders
    union
    select partner_id, least(ends_on, seen_to) as day from of_holders
    union
    select partner_id, seen_to as day from of_holders
),

spans as (
    select
        partner_id, day as span_from,
        lead(day) over (partition by partner_id order by day) as span_to
    from edges
),

newest as (
    select
        spans.span_from, spans.span_to, of_holders.*,
        row_number() over (
            partition by spans.partner_id, spans.span_from
            order by of_holders.effective_on desc, of_holders.instruction_id desc
        ) as place
    from spans
    join of_holders
        on of_holders.partner_id = spans.partner_id
        and of_holders.starts_on <= spans.span_from
        and of_holders.seen_to >= spans.span_to
),

in_force as (
    select
        *,
        lag(span_to) over (
            partition by partner_id, instruction_id, tier order by span_from
        ) is distinct from span_from as is_start
    from newest
    where place = 1 and span_to <= ends_on
),

numbered as (
    select
        *,
        count(*) filter (where is_start) over (
            partition by partner_id, instruction_id, tier order by span_from
            rows unbounded preceding
        ) as stretch_no
    from in_force
)

select
    partner_id, tier, tier_rank, min(span_from) as valid_from,
    nullif(max(span_to), date '9999-12-31') as valid_to,
    'override' as kind, reason, min(span_from) as granted_on
from numbered
group by partner_id, instruction_id, tier, tier_rank, reason, stretch_no
