-- Grain: one invoice that payments belong to; without a fiscal year a number that had none yet.
-- Inputs: versions, tender_totals; $today.
-- Meaning: payments name a number and no year: they belong to its latest invoice that there was
--   when they were written. The day more is for files dated in UTC, which may be a day behind. The
--   latest file of an invoice (file_rank) replaces what earlier files say of it as a whole.
with years as (
    select
        tender_totals.file_rank, tender_totals.distributor_id, tender_totals.document_no,
        max(versions.fiscal_year) as fiscal_year
    from tender_totals
    join versions
        on versions.distributor_id = tender_totals.distributor_id
        and versions.document_no = tender_totals.document_no
        and versions.document_date <= tender_totals.file_date + 1
    where versions.document_type = 'invoice' and versions.document_date <= $today
    group by tender_totals.file_rank, tender_totals.distributor_id, tender_totals.document_no
),

named as (
    select
        tender_totals.file_rank, tender_totals.distributor_id, tender_totals.document_no,
        tender_totals.total, years.fiscal_year
    from tender_totals
    left join years using (file_rank, distributor_id, document_no)
)

select
    distributor_id, document_no, fiscal_year, max(file_rank) as file_rank,
    max_by(total, file_rank) as total
from named
group by distributor_id, document_no, fiscal_year
