-- Grain: one claim on an invoice whose claims cannot all be granted as they stand.
-- Inputs: return_claims, detailed_invoices (whose claims are judged line by line instead).
-- Meaning: more is claimed than the invoice has, or a cancellation takes what is left; who gets
--   what then depends on the order of the claims, which is that of their dates.
with totals as (
    select
        distributor_id, family_no, original_fiscal_year,
        bool_or(takes_all) or sum(claimed) > min(original_amount) as contested
    from return_claims
    anti join detailed_invoices using (distributor_id, family_no, original_fiscal_year)
    where original_date is not null
    group by distributor_id, family_no, original_fiscal_year
)

select
    return_claims.distributor_id, return_claims.document_type, return_claims.document_no,
    return_claims.fiscal_year, return_claims.family_no, return_claims.original_fiscal_year,
    return_claims.takes_all, return_claims.claimed, return_claims.original_amount
from return_claims
join totals using (distributor_id, family_no, original_fiscal_year)
where totals.contested
order by
    return_claims.distributor_id, return_claims.family_no, return_claims.original_fiscal_year,
    return_claims.document_date, return_claims.document_type, return_claims.document_no,
    return_claims.fiscal_year
