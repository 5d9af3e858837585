-- Grain: one partner and cycle with at least one counted document (SPEC 8). Inputs: slab_assigned.
select * from slab_assigned
order by partner_id
