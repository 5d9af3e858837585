-- Grain: one invoice that payments belong to.
-- Inputs: candidates, tender_totals; $today.
-- Meaning: payments name a number and no year: they belong to its latest invoice that there was
--   when they were written. The day more is for files dated in UTC, which may be a day behind.
select
    candidates.distributor_id, candidates.document_no, max(candidates.fiscal_year) as fiscal_year,
    any_value(tender_totals.total) as total
from candidates
join tender_totals using (distributor_id, document_no)
where
    candidates.document_type = 'invoice'
    and candidates.document_date <= $today
    and candidates.document_date <= tender_totals.file_date + 1
group by candidates.distributor_id, candidates.document_no
