-- Grain: that of events_in, with the pieces of the document, net of returns.
-- Inputs: events_in, event_lines.
with pieces as (
    select
        source, distributor_id, document_type, document_no, fiscal_year,
        cast(sum(line_quantity) as decimal(18, 3)) as quantity
    from event_lines
    group by all
)

select events_in.*, pieces.quantity
from events_in
left join pieces using (source, distributor_id, document_type, document_no, fiscal_year)
