-- Grain: one event, with its place among the events of its partner.
-- Inputs: events_in.
-- Meaning: the total order of SPEC 5: by date, rank inside a day, source, distributor, number, type
--   and fiscal year. Numbers are gapless by partner and carry the order from here on.
select
    *,
    row_number() over (
        partition by partner_id
        order by
            event_date, event_rank, source, distributor_id, document_no, document_type, fiscal_year
    ) as event_no
from events_in
