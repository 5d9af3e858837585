-- Grain: one file that holds a return, credit note or cancellation whose invoice is there.
-- Inputs: return_claims.
select distinct file_rank
from return_claims
where original_date is not null
order by file_rank
