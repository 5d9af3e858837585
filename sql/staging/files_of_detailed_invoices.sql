-- Grain: one file that holds an invoice whose claims are judged line by line.
-- Inputs: return_claims, detailed_invoices.
select distinct return_claims.original_file_rank
from return_claims
semi join detailed_invoices using (distributor_id, family_no, original_fiscal_year)
order by return_claims.original_file_rank
