-- Grain: one version of a document that has several versions.
-- Inputs: acceptable.
-- Meaning: recency 1 is the version in force; same_header says that the next older version has
--   the same header and total, so that only a comparison of lines can tell them apart.
-- The hash only finds suspects cheaply (a group by four text columns over 2.5 million
-- documents takes three times as long); whether documents are the same is decided on the columns.
with suspects as (
    select hash(distributor_id, document_type, document_no, fiscal_year) as suspect
    from acceptable
    group by suspect
    having count(*) > 1
),

several as (
    select *, count(*) over identity_versions as versions
    from acceptable
    where
        hash(distributor_id, document_type, document_no, fiscal_year)
        in (select suspects.suspect from suspects)
    window identity_versions as (
        partition by distributor_id, document_type, document_no, fiscal_year
    )
),

compared as (
    select
        *,
        row_number() over newest_first as recency,
        document_date is not distinct from lead(document_date) over newest_first
        and partner_id is not distinct from lead(partner_id) over newest_first
        and store_id is not distinct from lead(store_id) over newest_first
        and original_document_no is not distinct from lead(original_document_no) over newest_first
        and original_document_date
        is not distinct from lead(original_document_date) over newest_first
        and custom is not distinct from lead(custom) over newest_first
        and amount is not distinct from lead(amount) over newest_first
        and line_count is not distinct from lead(line_count) over newest_first as same_header,
        lead(file_rank) over newest_first as older_rank
    from several
    where versions > 1
    window newest_first as (
        partition by distributor_id, document_type, document_no, fiscal_year
        order by file_rank desc
    )
)

select
    file_rank, older_rank, recency, coalesce(same_header, false) as same_header,
    distributor_id, document_type, document_no, fiscal_year, document_date, partner_id,
    store_id, original_document_no, original_document_date, amount, line_count, first_line,
    family_no, custom
from compared
