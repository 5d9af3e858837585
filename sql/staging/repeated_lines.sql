-- Grain: one line of a version that may be a repetition.
-- Inputs: sales_lines (of the files concerned, with filename), line_files (path, file_rank),
--   repeated_versions.
with compared_documents as (
    select distinct distributor_id, document_type, document_no, fiscal_year
    from repeated_versions
    where same_header
)

select
    line_files.file_rank, sales_lines.distributor_id, sales_lines.document_type,
    sales_lines.document_no, sales_lines.fiscal_year, sales_lines.line_no, sales_lines.sku,
    sales_lines.category, sales_lines.quantity, sales_lines.amount,
    sales_lines.original_line_no, sales_lines.tender_type
from sales_lines
join line_files on line_files.path = sales_lines.filename
semi join compared_documents
    using (distributor_id, document_type, document_no, fiscal_year)
