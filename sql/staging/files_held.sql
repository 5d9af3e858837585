-- Grain: one file with documents that are held back, and one row of when the first comes due.
-- Inputs: document_states.
select file_id, min(document_date) filter (where state = 'future_dated') as next_due
from document_states
where state not in ('superseded', 'removed')
group by file_id
