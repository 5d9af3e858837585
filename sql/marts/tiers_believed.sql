-- Grain: one stretch of days of an affected partner at one tier, as a posting knows it.
-- Inputs: tier_affected, tier_standing, tier_starts, slab_rows (of closed cycles, with filename),
--   tier_cycles (cycle_no, starts_on; up to the one after the current), tier_files (path,
--   cycle_no, kept), tier_ranks (cycle_no, tier, tier_rank; 0 is the base tier); $current_no,
--   $base.
-- Meaning: in a cycle the highest tier is in force that one of the last `kept` closed cycles
--   before it earned, else the base tier. Equal neighbours are one row. valid_to is exclusive,
--   null while the tier is in force in the current cycle.
with claims as (
    select
        slab_rows.partner_id, slab_rows.tier,
        tier_ranks.tier_rank * 100000 + tier_files.cycle_no as weight,
        'earned by cycle ' || slab_rows.cycle
        || coalesce(' in slab ' || slab_rows.slab, ' by its net sales') as reason,
        unnest(range(
            greatest(tier_files.cycle_no + 1, coalesce(tier_affected.from_no, 0)),
            least(tier_files.cycle_no + tier_files.kept, $current_no) + 1
        )) as cycle_no
    from slab_rows
    join tier_files on tier_files.path = slab_rows.filename
    join tier_ranks
        on tier_ranks.cycle_no = tier_files.cycle_no and tier_ranks.tier = slab_rows.tier
    join tier_affected on tier_affected.partner_id = slab_rows.partner_id
    where
        tier_ranks.tier_rank > 0
        and tier_files.cycle_no + tier_files.kept >= coalesce(tier_affected.from_no, 0)
),

in_force as (
    select
        partner_id, cycle_no, max_by(tier, weight) as tier, max_by(reason, weight) as reason
    from claims
    group by partner_id, cycle_no
),

-- The stretch before, and every cycle from the first doubtful one on.
cycles as (
    select
        tier_affected.partner_id, tier_cycles.cycle_no,
        greatest(tier_cycles.starts_on, tier_starts.starts_on) as valid_from,
        coalesce(in_force.tier, $base) as tier, in_force.reason
    from tier_affected
    join tier_starts on tier_starts.partner_id = tier_affected.partner_id
    join tier_cycles
        on tier_cycles.cycle_no >= coalesce(tier_affected.from_no, 0)
        and tier_cycles.cycle_no <= $current_no
        and (tier_cycles.ends_on >= tier_starts.starts_on or tier_cycles.cycle_no = $current_no)
    left join in_force
        on in_force.partner_id = tier_affected.partner_id
        and in_force.cycle_no = tier_cycles.cycle_no
    union all
    select partner_id, -1 as cycle_no, valid_from, tier, reason
    from tier_standing
    where is_seed
),

compared as (
    select
        cycles.partner_id, cycles.cycle_no, cycles.tier, cycles.reason,
        lag(cycles.tier) over by_cycle as tier_before,
        -- Without a stretch before, the first one begins where the partner does.
        case
            when cycles.cycle_no >= 0 and lag(cycles.cycle_no) over by_cycle is null
                then tier_starts.starts_on
            else cycles.valid_from
        end as valid_from,
        tier_starts.reason as first_reason
    from cycles
    left join tier_starts on tier_starts.partner_id = cycles.partner_id
    window by_cycle as (partition by cycles.partner_id order by cycles.cycle_no)
)

select
    partner_id, tier,
    coalesce(
        reason,
        case when tier_before is null then first_reason
            else 'base tier: ' || tier_before || ' was not earned again'
        end
    ) as reason,
    valid_from,
    lead(valid_from) over (partition by partner_id order by cycle_no) as valid_to
from compared
where tier is not null and tier is distinct from tier_before
