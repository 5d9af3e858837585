-- Grain: one payment of an invoice of a source that a program reads.
-- Inputs: work.tenders (all sources), work.files, work.program_sources.
select
    program_sources.program, tenders.distributor_id, tenders.document_no, tenders.fiscal_year,
    tenders.tender_type, tenders.amount, substr(files.scope, 8) as source
from work.tenders as tenders
join work.files as files on files.path = tenders.filename
join work.program_sources as program_sources on program_sources.scope = files.scope
