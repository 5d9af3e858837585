-- Grain: one part of a document whose lines a file puts into two fiscal years.
-- Inputs: versions.
-- Meaning: the fiscal year is part of what names a document, and original_document_date may set
--   it. Lines of one number and date that disagree on it are no two documents: they contradict
--   each other (SPEC 2, Documents).
with moved as (
    select file_rank, distributor_id, document_type, document_no, fiscal_year, document_date
    from versions
    where
        original_document_date is not null
        and original_document_no is null
        and document_type <> 'cancellation'
),

pairs as (
    select
        moved.file_rank, moved.distributor_id, moved.document_type, moved.document_no,
        moved.fiscal_year, other.fiscal_year as other_fiscal_year
    from moved
    join versions as other
        on other.file_rank = moved.file_rank
        and other.distributor_id = moved.distributor_id
        and other.document_type = moved.document_type
        and other.document_no = moved.document_no
        and other.document_date = moved.document_date
        and other.fiscal_year <> moved.fiscal_year
)

select file_rank, distributor_id, document_type, document_no, fiscal_year
from pairs
union
select file_rank, distributor_id, document_type, document_no, other_fiscal_year as fiscal_year
from pairs
