-- Grain: one partner and segment of the cycle (a stretch of days rated by one version).
-- Inputs: cycle_documents, segments (segment_no, segment_from, segment_to).
-- Meaning: with by_document_date each version rates the sales dated under it (SPEC 6).
select
    cycle_documents.partner_id, segments.segment_no,
    cast(sum(cycle_documents.net_sales) as decimal(18, 2)) as net_sales,
    segments.segment_no as position
from cycle_documents
join segments
    on cycle_documents.document_date >= segments.segment_from
    and cycle_documents.document_date < segments.segment_to
where cycle_documents.standing = 'counted'
group by cycle_documents.partner_id, segments.segment_no
