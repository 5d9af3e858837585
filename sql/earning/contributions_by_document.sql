-- Grain: one counted document.
-- Inputs: cycle_documents, segments.
-- Meaning: at grain document every document's points are rounded; position is the total order
--   (date, source, distributor, number, type) in which marginal bands fill.
select
    cycle_documents.partner_id, segments.segment_no, cycle_documents.net_sales,
    row_number() over (
        partition by cycle_documents.partner_id
        order by
            cycle_documents.document_date, cycle_documents.source,
            cycle_documents.distributor_id, cycle_documents.document_no,
            cycle_documents.document_type, cycle_documents.fiscal_year
    ) as position
from cycle_documents
join segments
    on cycle_documents.document_date >= segments.segment_from
    and cycle_documents.document_date < segments.segment_to
where cycle_documents.standing = 'counted'
