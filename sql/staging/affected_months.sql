-- Grain: one month.
-- Inputs: candidates, retracted.
-- Meaning: the months in which a document stands or stood that is resolved again.
select strftime(document_date, '%Y-%m') as month
from candidates
union
select strftime(document_date, '%Y-%m') as month
from retracted
order by month
