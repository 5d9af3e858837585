-- Grain: one standing of a cycle's documents that do not count as they are.
-- Inputs: cycle_documents.
select standing, count(*) as documents, cast(sum(net_sales) as decimal(18, 2)) as net_sales
from cycle_documents
where standing <> 'counted'
group by standing
order by standing
