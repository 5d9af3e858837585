-- Grain: one program: what is owed at the end of a day, tiers together. Asked of the published
--   file. Inputs: liability_as_of; $program, $as_of.
select
    coalesce(cast(sum(promised) as decimal(18, 3)), 0) as promised,
    coalesce(cast(sum(current) as decimal(18, 3)), 0) as current,
    coalesce(cast(sum(receivable) as decimal(18, 3)), 0) as receivable,
    coalesce(cast(sum(value) as decimal(18, 2)), 0) as value
from liability_as_of($as_of, null)
where program = $program
