-- Grain: one claim dated in the month.
-- Inputs: resolved_claims; $program, $month, $month_start, $month_end.
select
    $program as program, $month as month, source, claim_id, distributor_id, document_no,
    fiscal_year, document_date, partner_id, amount, status, reason
from resolved_claims
where document_date >= $month_start and document_date < $month_end
order by document_no, partner_id, claim_id, source
