-- Grain: one version of a document whose lines differ from those of the next older version.
-- Inputs: repeated_versions (where same_header), repeated_lines (lines of the files concerned,
--   with file_rank).
-- Meaning: equal headers and totals can hide other lines; lines are compared column by column.
-- Both versions have equally many lines, and line numbers are unique in a version.
with pairs as (
    select file_rank, older_rank, distributor_id, document_type, document_no, fiscal_year
    from repeated_versions
    where same_header
)

select distinct
    pairs.file_rank, pairs.distributor_id, pairs.document_type, pairs.document_no,
    pairs.fiscal_year
from pairs
join repeated_lines as newer using (
    file_rank, distributor_id, document_type, document_no, fiscal_year
)
left join repeated_lines as older
    on older.file_rank = pairs.older_rank
    and older.distributor_id = pairs.distributor_id
    and older.document_type = pairs.document_type
    and older.document_no = pairs.document_no
    and older.fiscal_year = pairs.fiscal_year
    and older.line_no = newer.line_no
    and older.sku is not distinct from newer.sku
    and older.category is not distinct from newer.category
    and older.quantity is not distinct from newer.quantity
    and older.amount is not distinct from newer.amount
    and older.original_line_no is not distinct from newer.original_line_no
    and older.tender_type is not distinct from newer.tender_type
where older.line_no is null
