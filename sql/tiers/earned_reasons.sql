-- Grain: one partner with the tier its cycle earned, and by what.
-- Inputs: slab_assignments (of the cycle); $cycle, $measured_by (slab, or what else is measured:
--   its net sales, its points ...).
-- Meaning: the reason that readers of tier_history see.
select
    partner_id, tier,
    'earned by cycle ' || $cycle
    || case
        when $measured_by = 'slab' then coalesce(' in slab ' || slab, '')
        else ' by ' || $measured_by
    end as reason
from slab_assignments
where tier is not null
