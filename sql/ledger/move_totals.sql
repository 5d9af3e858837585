-- Grain: one kind of move, with the sum of its points and how many there are.
-- Inputs: moves.
select kind, cast(sum(points) as decimal(18, 3)) as points, count(*) as entries
from moves
group by kind
order by kind
