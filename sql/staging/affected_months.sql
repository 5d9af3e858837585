-- Grain: one month.
-- Inputs: candidates.
-- Meaning: the months in which a document stands or stood that is resolved again.
select distinct strftime(document_date, '%Y-%m') as month
from candidates
order by month
