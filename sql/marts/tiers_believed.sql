-- Grain: one stretch of days of an affected partner at one tier, as a posting knows it.
-- Inputs: tier_affected, tier_starts, slab_rows (of closed cycles, with filename), tier_cycles
--   (cycle_no, starts_on; up to the one after the current), tier_files (path, cycle_no, kept),
--   tier_ranks (cycle_no, tier, tier_rank; 0 is the base tier); $current_no, $base.
-- Meaning: in a cycle the highest tier is in force that one of the last `kept` closed cycles
--   before it earned, else the base tier. Equal neighbours are one row. valid_to is exclusive,
--   null while the tier is in force in the current cycle.
with earned as (
    select
        slab_rows.partner_id, tier_files.cycle_no, tier_files.kept, tier_ranks.tier_rank,
        slab_rows.tier,
        'earned by cycle ' || slab_rows.cycle
        || coalesce(' in slab ' || slab_rows.slab, ' by its net sales') as reason
    from slab_rows
    join tier_files on tier_files.path = slab_rows.filename
    join tier_ranks
        on tier_ranks.cycle_no = tier_files.cycle_no and tier_ranks.tier = slab_rows.tier
    where
        tier_ranks.tier_rank > 0
        and slab_rows.partner_id in (select tier_affected.partner_id from tier_affected)
),

claims as (
    select
        partner_id, tier, reason, tier_rank, cycle_no as earned_no,
        unnest(range(cycle_no + 1, cycle_no + kept + 1)) as cycle_no
    from earned
),

in_force as (
    select
        partner_id, cycle_no,
        max_by(tier, tier_rank * 100000 + earned_no) as tier,
        max_by(reason, tier_rank * 100000 + earned_no) as reason
    from claims
    where cycle_no <= $current_no
    group by partner_id, cycle_no
),

numbered as (
    select
        partner_id, cycle_no, tier, reason,
        cycle_no - row_number() over (partition by partner_id, tier order by cycle_no) as island
    from in_force
),

islands as (
    select
        numbered.partner_id, numbered.tier, min_by(numbered.reason, numbered.cycle_no) as reason,
        min(numbered.cycle_no) as first_no, max(numbered.cycle_no) as last_no
    from numbered
    group by numbered.partner_id, numbered.tier, numbered.island
),

held as (
    select
        islands.partner_id, islands.tier, islands.reason,
        greatest(first_cycle.starts_on, tier_starts.starts_on) as valid_from,
        case when islands.last_no < $current_no then after_last.starts_on end as valid_to
    from islands
    join tier_starts on tier_starts.partner_id = islands.partner_id
    join tier_cycles as first_cycle on first_cycle.cycle_no = islands.first_no
    join tier_cycles as after_last on after_last.cycle_no = islands.last_no + 1
    where islands.last_no >= $current_no or after_last.starts_on > tier_starts.starts_on
),

-- The base tier fills what is left: before the first, between two, after the last.
fillings as (
    select
        partner_id, $base as tier, 'base tier: ' || tier || ' was not earned again' as reason,
        valid_to as valid_from,
        lead(valid_from) over (partition by partner_id order by valid_from) as valid_to
    from held
    qualify valid_to is not null
),

beginnings as (
    select
        tier_starts.partner_id, $base as tier, tier_starts.reason,
        tier_starts.starts_on as valid_from,
        (select min(held.valid_from) from held where held.partner_id = tier_starts.partner_id)
            as valid_to
    from tier_starts
    where tier_starts.partner_id in (select tier_affected.partner_id from tier_affected)
),

together as (
    select partner_id, tier, reason, valid_from, valid_to from held
    union all
    select partner_id, tier, reason, valid_from, valid_to from fillings
    union all
    select partner_id, tier, reason, valid_from, valid_to from beginnings
)

select partner_id, tier, reason, valid_from, valid_to
from together
where (valid_to is null or valid_to > valid_from) and tier is not null
