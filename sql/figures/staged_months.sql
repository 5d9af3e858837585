-- Grain: one month of staged documents. Inputs: sales_documents.
select
    strftime(document_date, '%Y-%m') as month, count(*) as documents,
    count(*) filter (where status = 'parked') as parked,
    cast(sum(net_amount) filter (where status = 'counted') as decimal(18, 2)) as net_amount
from sales_documents
group by month
order by month
