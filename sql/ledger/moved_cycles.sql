-- Grain: one cycle that a commit posts to. Inputs: moves.
select distinct cycle from moves order by cycle
