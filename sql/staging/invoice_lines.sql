-- Grain: one line of an invoice whose claims are judged line by line.
-- Inputs: sales_lines (of the files concerned, with filename), line_files (path, file_rank),
--   return_claims, detailed_invoices.
with invoices as (
    select distinct
        return_claims.distributor_id, return_claims.family_no,
        return_claims.original_fiscal_year, return_claims.original_file_rank
    from return_claims
    semi join detailed_invoices using (distributor_id, family_no, original_fiscal_year)
)

select
    invoices.distributor_id, invoices.family_no, invoices.original_fiscal_year,
    sales_lines.line_no, sales_lines.sku, sales_lines.quantity, sales_lines.amount
from sales_lines
join line_files on line_files.path = sales_lines.filename
join invoices
    on invoices.original_file_rank = line_files.file_rank
    and invoices.distributor_id = sales_lines.distributor_id
    and invoices.family_no = sales_lines.document_no
    and invoices.original_fiscal_year = sales_lines.fiscal_year
where sales_lines.document_type = 'invoice'
order by
    invoices.distributor_id, invoices.family_no, invoices.original_fiscal_year,
    sales_lines.line_no
