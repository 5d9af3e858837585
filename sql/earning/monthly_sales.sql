-- Grain: one partner and month with at least one counted document (SPEC 8).
-- Inputs: cycle_documents (of the month); $program, $month.
select
    $program as program, $month as month, partner_id,
    cast(sum(net_sales) as decimal(18, 2)) as net_sales,
    cast(sum(documents) as bigint) as documents
from cycle_documents
where standing = 'counted'
group by partner_id
order by partner_id
