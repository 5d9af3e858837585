-- Grain: one partner whose tiers may be believed to be others than before, and the first day
--   whose tier may be: what is believed of the days before stands.
-- Inputs: tier_history, tier_starts, holding_rows, earlier_holdings and later_holdings (the files
--   that changed); $program, $everyone (the base tier, or who holds it, is another),
--   $shown_to and $shows_to (the ends of the current cycle, before and now).
-- Meaning: from_day is null where all of a partner's days are believed anew.
with believed as (
    select partner_id, min(valid_from) as starts_on
    from tier_history
    where program = $program and known_to is null
    group by partner_id
),

earlier as (
    select partner_id, tier, tier_rank, valid_from, valid_to, kind, reason, granted_on
    from earlier_holdings
),

later as (
    select partner_id, tier, tier_rank, valid_from, valid_to, kind, reason, granted_on
    from later_holdings
),

grounds as (
    select partner_id, valid_from as from_day
    from (select * from later except select * from earlier) as later_only
    union all
    select partner_id, valid_from as from_day
    from (select * from earlier except select * from later) as earlier_only
    union all
    -- A cycle has begun since: what begins or ends in it was beyond what was shown.
    select partner_id, cast($shown_to as date) as from_day
    from holding_rows
    where
        (valid_from >= cast($shown_to as date) and valid_from < cast($shows_to as date))
        or (valid_to >= cast($shown_to as date) and valid_to < cast($shows_to as date))
    union all
    -- Before any day: a partner that is new, or that starts on another day.
    select
        coalesce(believed.partner_id, tier_starts.partner_id) as partner_id,
        date '0001-01-01' as from_day
    from believed
    full join tier_starts on tier_starts.partner_id = believed.partner_id
    where $everyone or tier_starts.starts_on is distinct from believed.starts_on
)

select partner_id, nullif(min(from_day), date '0001-01-01') as from_day
from grounds
group by partner_id
