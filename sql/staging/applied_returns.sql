-- Grain: one return, credit note or cancellation that refers to an invoice.
-- Inputs: return_claims, judged_claims (the contested ones, with taken; null is over_returned).
-- Meaning: status counted (taken from its invoice), parked (no invoice yet) or over_returned
--   (more than is left: quarantined whole).
select
    return_claims.distributor_id, return_claims.document_type, return_claims.document_no,
    return_claims.fiscal_year, return_claims.family_no,
    return_claims.original_date, return_claims.original_fiscal_year,
    return_claims.original_partner_id,
    case
        when return_claims.original_date is null then 'parked'
        when judged_claims.document_no is not null and judged_claims.taken is null
            then 'over_returned'
        else 'counted'
    end as status,
    case
        when return_claims.original_date is null then null
        when judged_claims.document_no is not null then judged_claims.taken
        else return_claims.claimed
    end as taken
from return_claims
left join judged_claims using (distributor_id, document_type, document_no, fiscal_year)
