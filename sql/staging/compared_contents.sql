-- Grain: one version that is compared with others.
-- Inputs: compared_versions, sales_lines (of the files concerned, with filename), line_files (path,
--   file_rank).
-- Meaning: versions of a document that say the same have the same content number.
with lines as (
    select
        line_files.file_rank, sales_lines.distributor_id, sales_lines.document_type,
        sales_lines.document_no, sales_lines.fiscal_year,
        list(
            {
                'line_no': sales_lines.line_no, 'sku': sales_lines.sku,
                'category': sales_lines.category, 'quantity': sales_lines.quantity,
                'amount': sales_lines.amount, 'original_line_no': sales_lines.original_line_no,
                'tender_type': sales_lines.tender_type
            }
            order by sales_lines.line_no
        ) as content
    from sales_lines
    join line_files on line_files.path = sales_lines.filename
    semi join compared_versions
        on compared_versions.file_rank = line_files.file_rank
        and compared_versions.distributor_id = sales_lines.distributor_id
        and compared_versions.document_type = sales_lines.document_type
        and compared_versions.document_no = sales_lines.document_no
        and compared_versions.fiscal_year = sales_lines.fiscal_year
    group by
        line_files.file_rank, sales_lines.distributor_id, sales_lines.document_type,
        sales_lines.document_no, sales_lines.fiscal_year
)

select
    compared_versions.file_rank, compared_versions.distributor_id,
    compared_versions.document_type, compared_versions.document_no,
    compared_versions.fiscal_year, compared_versions.is_due,
    dense_rank() over (
        partition by
            compared_versions.distributor_id, compared_versions.document_type,
            compared_versions.document_no, compared_versions.fiscal_year
        order by
            compared_versions.document_date, compared_versions.partner_id,
            compared_versions.store_id, compared_versions.original_document_no,
            compared_versions.original_document_date, compared_versions.custom, lines.content
    ) as content
from compared_versions
join lines using (file_rank, distributor_id, document_type, document_no, fiscal_year)
order by
    compared_versions.file_rank, compared_versions.distributor_id,
    compared_versions.document_type, compared_versions.document_no,
    compared_versions.fiscal_year
