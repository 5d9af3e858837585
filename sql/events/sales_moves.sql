-- Grain: one event, or a document that is none but moves its partner's sales.
-- Inputs: events_in (numbered), cycle_documents; $cycle_start.
-- Meaning: restate own_cycle. A document counts with what returns of its own cycle leave of it,
--   whatever later ones take; a return of an earlier cycle's document counts on its own date. What
--   is no event (such a return, and what came back whole later) has its place in the total order
--   and no event_no. move_no counts all, from_no is the event from which on the move is seen.
with counted as (
    select
        *,
        original_date is not null and original_date >= $cycle_start as is_taken_here,
        is_event and net_amount <> 0 as has_event
    from cycle_documents
    where standing = 'counted'
),

documents as (
    select
        partner_id, source, distributor_id, fiscal_year,
        case when is_taken_here then original_date else document_date end as event_date,
        case when is_taken_here then original_document_no else document_no end as document_no,
        case when is_taken_here then 'invoice' else document_type end as document_type,
        sum(net_sales) as sales, bool_or(has_event) as has_event
    from counted
    group by all
),

moves as (
    select events_in.*, coalesce(documents.sales, 0) as sales
    from events_in
    left join documents
        on documents.partner_id = events_in.partner_id
        and documents.event_date = events_in.event_date
        and documents.source = events_in.source
        and documents.distributor_id is not distinct from events_in.distributor_id
        and documents.document_no = events_in.document_no
        and documents.document_type = events_in.document_type
        and documents.fiscal_year = events_in.fiscal_year
    union all by name
    select * exclude (has_event), 3 as event_rank
    from documents
    where not has_event
)

select
    * exclude (sales), cast(sales as decimal(18, 2)) as sales,
    row_number() over total_order as move_no,
    count(event_no) over (total_order rows unbounded preceding) + 1 as from_no
from moves
window total_order as (
    partition by partner_id
    order by
        event_date, event_rank, source, distributor_id, document_no, document_type, fiscal_year
)
