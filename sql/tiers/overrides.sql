-- Grain: one holding of a tier that was set by hand.
-- Inputs: instructions (staged, all sources), homes (partner_id, home_id, merged_on), tiers.
-- Meaning: from effective_on to until, included, or for good, exactly that tier. Of two the one
--   of the later effective_on, then of the higher instruction_id, is in force from its start, and
--   the earlier one does not come back where it ends. A tier that the rules do not know does
--   nothing. A merged partner's are its own until the day of the merge, from then on the home's.
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

of_partners as (
    select
        given.instruction_id, given.partner_id, given.effective_on,
        given.effective_on as starts_on,
        least(given.ends_on, coalesce(homes.merged_on, given.ends_on)) as ends_on,
        given.tier, given.tier_rank, given.reason
    from given
    left join homes on homes.partner_id = given.partner_id
    union all
    select
        given.instruction_id, homes.home_id as partner_id, given.effective_on,
        greatest(given.effective_on, homes.merged_on) as starts_on,
        given.ends_on, given.tier, given.tier_rank, given.reason
    from given
    join homes on homes.partner_id = given.partner_id
),

-- The start of what a later instruction says: the earliest of all later ones, since each ends
-- those before it for good.
ended as (
    select
        *,
        min(starts_on) over (
            partition by partner_id order by effective_on, instruction_id
            rows between 1 following and unbounded following
        ) as next_starts_on
    from of_partners
    where starts_on < ends_on
)

select
    partner_id, tier, tier_rank, starts_on as valid_from,
    nullif(least(ends_on, coalesce(next_starts_on, ends_on)), date '9999-12-31') as valid_to,
    'override' as kind, reason, starts_on as granted_on
from ended
where starts_on < least(ends_on, coalesce(next_starts_on, ends_on))
