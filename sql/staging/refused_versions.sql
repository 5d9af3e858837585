-- Grain: one version of a return that takes more than is left, and has an older version that may
--   count instead; or a repetition of such a version.
-- Inputs: refused_versions (as known so far), acceptable, in_force, applied_returns.
-- Meaning: with these set aside documents are chosen and returns judged again, until none is new.
--   Setting aside never leaves more of an invoice, so that what was refused stays refused.
with over_returned as (
    select
        in_force.distributor_id, in_force.document_type, in_force.document_no,
        in_force.fiscal_year, in_force.file_rank
    from in_force
    join applied_returns using (distributor_id, document_type, document_no, fiscal_year)
    where applied_returns.status = 'over_returned'
),

with_older as (
    select distinct over_returned.*
    from over_returned
    join acceptable
        on acceptable.distributor_id = over_returned.distributor_id
        and acceptable.document_type = over_returned.document_type
        and acceptable.document_no = over_returned.document_no
        and acceptable.fiscal_year = over_returned.fiscal_year
        and acceptable.file_rank < over_returned.file_rank
)

select
    file_rank, distributor_id, document_type, document_no, fiscal_year, is_repetition
from refused_versions
union all
select
    acceptable.file_rank, acceptable.distributor_id, acceptable.document_type,
    acceptable.document_no, acceptable.fiscal_year,
    acceptable.file_rank > with_older.file_rank as is_repetition
from acceptable
join with_older
    on with_older.distributor_id = acceptable.distributor_id
    and with_older.document_type = acceptable.document_type
    and with_older.document_no = acceptable.document_no
    and with_older.fiscal_year = acceptable.fiscal_year
    and with_older.file_rank <= acceptable.file_rank
