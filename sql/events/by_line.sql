-- Grain: one line of an event that was forwarded to rules about lines.
-- Inputs: events_in, event_lines.
-- Meaning: the sku of an event is that of a scan; asked about a line it is the line's.
select
    events_in.* replace (event_lines.sku as sku), event_lines.line_no, event_lines.category,
    event_lines.line_amount, event_lines.line_quantity,
    cast(event_lines.line_no as varchar) as unit, event_lines.line_amount as unit_amount,
    event_lines.line_quantity as unit_quantity
from events_in
join event_lines using (source, distributor_id, document_type, document_no, fiscal_year)
