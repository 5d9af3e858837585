-- Grain: one cycle and kind of entry. Inputs: entries.
select
    cycle, kind, count(*) as entries, cast(sum(points) as decimal(18, 3)) as points
from entries
group by cycle, kind
order by cycle, kind
