-- Grain: one line of a return, credit note or cancellation whose invoice is there.
-- Inputs: sales_lines (of the files concerned, with filename), line_files (path, file_rank),
--   return_claims.
select
    return_claims.distributor_id, return_claims.family_no, return_claims.original_fiscal_year,
    return_claims.document_type, return_claims.document_no, return_claims.fiscal_year,
    sales_lines.line_no, sales_lines.original_line_no, sales_lines.sku, sales_lines.quantity,
    sales_lines.amount
from sales_lines
join line_files on line_files.path = sales_lines.filename
join return_claims
    on return_claims.file_rank = line_files.file_rank
    and return_claims.distributor_id = sales_lines.distributor_id
    and return_claims.document_type = sales_lines.document_type
    and return_claims.document_no = sales_lines.document_no
    and return_claims.fiscal_year = sales_lines.fiscal_year
where sales_lines.document_type <> 'invoice' and return_claims.original_date is not null
