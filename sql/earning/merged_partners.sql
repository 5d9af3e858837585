-- Grain: one merged partner in the cycle, and one stretch of days with whom it was on them.
-- Inputs: homes (partner_id, home_id, merged_on), identities (partner_id, home_id, seen_from,
--   seen_to); $program, $cycle, $cycle_start, $cycle_end.
-- Meaning: sales of the whole cycle count for home_id, also those dated before the merge, whose day
--   is merged_on (SPEC 2); whether one counts is judged of judged_id, who the partner was on the
--   day. Who is itself again by the end of the cycle has itself as home, and no merged_on.
select
    $program as program, $cycle as cycle, cast($cycle_start as date) as cycle_start,
    cast($cycle_end as date) as cycle_end, identities.partner_id,
    coalesce(homes.home_id, identities.partner_id) as home_id, homes.merged_on,
    identities.home_id as judged_id, identities.seen_from, identities.seen_to
from identities
left join homes on homes.partner_id = identities.partner_id
order by identities.partner_id, identities.seen_from
