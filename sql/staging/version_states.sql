-- Grain: one version of a document that has several versions.
-- Inputs: repeated_versions, changed_lines.
-- Meaning: is_winner is the version in force. is_holder is the file whose rows count: the
--   oldest of the versions equal to the winner, since a repetition changes nothing.
with judged as (
    select
        repeated_versions.*,
        repeated_versions.same_header and changed_lines.file_rank is null as same_as_older
    from repeated_versions
    left join changed_lines using (
        file_rank, distributor_id, document_type, document_no, fiscal_year
    )
),

held as (
    select
        *,
        min(case when not same_as_older then recency end) over (
            partition by distributor_id, document_type, document_no, fiscal_year
        ) as holder_recency
    from judged
)

select
    file_rank, distributor_id, document_type, document_no, fiscal_year, document_date,
    partner_id, store_id, original_document_no, original_document_date, amount, line_count,
    first_line, family_no, custom,
    recency = 1 as is_winner,
    recency = holder_recency as is_holder
from held
