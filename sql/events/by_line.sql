-- Grain: one line of an event that was forwarded to rules about lines.
-- Inputs: events_in, event_lines.
select
    events_in.*, event_lines.line_no, event_lines.sku, event_lines.category,
    event_lines.line_amount, event_lines.line_quantity,
    cast(event_lines.line_no as varchar) as unit, event_lines.line_amount as unit_amount,
    event_lines.line_quantity as unit_quantity
from events_in
join event_lines using (source, distributor_id, document_type, document_no, fiscal_year)
