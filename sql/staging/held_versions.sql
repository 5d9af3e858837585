-- Grain: one version of a document that cannot count, whatever returns do.
-- Inputs: candidates, document_files (file_rank, replaces, scope_month, scope_distributor),
--   split_headers, tendered_invoices; $today.
-- Meaning: outside_scope (a file that replaces a period holds a document of another one),
--   header_differs (its lines lie in two fiscal years), future_dated (dated after today) or
--   tenders_differ (its payments do not add up to it). One reason each, the lasting ones first.
with found as (
    select
        file_rank, distributor_id, document_type, document_no, fiscal_year,
        'future_dated' as reason, 3 as place
    from candidates
    where document_date > $today
    union all
    select
        candidates.file_rank, candidates.distributor_id, candidates.document_type,
        candidates.document_no, candidates.fiscal_year, 'outside_scope' as reason, 1 as place
    from candidates
    join document_files using (file_rank)
    where
        document_files.replaces
        and (
            document_files.scope_month <> strftime(candidates.document_date, '%Y-%m')
            or document_files.scope_distributor <> candidates.distributor_id
        )
    union all
    select
        candidates.file_rank, candidates.distributor_id, candidates.document_type,
        candidates.document_no, candidates.fiscal_year, 'header_differs' as reason, 2 as place
    from candidates
    semi join split_headers
        using (file_rank, distributor_id, document_type, document_no, fiscal_year)
    union all
    select
        candidates.file_rank, candidates.distributor_id, candidates.document_type,
        candidates.document_no, candidates.fiscal_year, 'tenders_differ' as reason, 4 as place
    from candidates
    join tendered_invoices using (distributor_id, document_no, fiscal_year)
    where candidates.document_type = 'invoice' and candidates.amount <> tendered_invoices.total
)

select
    file_rank, distributor_id, document_type, document_no, fiscal_year,
    min_by(reason, place) as reason
from found
group by file_rank, distributor_id, document_type, document_no, fiscal_year
