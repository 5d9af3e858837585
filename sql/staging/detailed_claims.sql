-- Grain: one line of a claim on an invoice whose claims are judged line by line.
-- Inputs: return_claims, return_lines, detailed_invoices.
-- Order: by invoice, its claims in the order of their dates, which decides who gets what.
select
    return_claims.distributor_id, return_claims.family_no, return_claims.original_fiscal_year,
    return_claims.document_type, return_claims.document_no, return_claims.fiscal_year,
    return_claims.takes_all, return_lines.original_line_no, return_lines.sku,
    return_lines.quantity, return_lines.amount
from return_claims
semi join detailed_invoices using (distributor_id, family_no, original_fiscal_year)
join return_lines
    using (
        distributor_id, family_no, original_fiscal_year, document_type, document_no, fiscal_year
    )
where return_claims.original_date is not null
order by
    return_claims.distributor_id, return_claims.family_no, return_claims.original_fiscal_year,
    return_claims.document_date, return_claims.document_type, return_claims.document_no,
    return_claims.fiscal_year, return_lines.line_no
