-- Grain: one partner with sales in the cycle, when the cycle ends.
-- Inputs: cycle_sales, slab_assignments; $event_date (the cycle's last day).
select
    'cycle_close' as event, cycle_sales.partner_id, cast($event_date as date) as event_date,
    5 as event_rank, '' as source, '' as distributor_id, cycle_sales.partner_id as document_no,
    'cycle_close' as document_type, cast(0 as smallint) as fiscal_year, cycle_sales.net_sales,
    cycle_sales.documents, slab_assignments.slab
from cycle_sales
left join slab_assignments on slab_assignments.partner_id = cycle_sales.partner_id
