-- Grain: one partner with counted documents in the days of a slab award.
-- Inputs: slab_documents (cycle_documents that count for the table); $until (exclusive).
select partner_id, cast(sum(net_sales) as decimal(18, 2)) as net_sales
from slab_documents
where standing = 'counted' and document_date < $until
group by partner_id
