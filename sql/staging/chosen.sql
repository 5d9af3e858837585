-- Grain: one document with a version that can count.
-- Inputs: acceptable, version_states.
-- Meaning: the newest such version. file_rank is the file whose rows count, winner_rank the latest
--   one that says the same.
with several as (
    select distinct distributor_id, document_type, document_no, fiscal_year
    from version_states
),

holders as (
    select distributor_id, document_type, document_no, fiscal_year, file_rank
    from version_states
    where is_holder
),

single as (
    select
        file_rank, file_rank as winner_rank, distributor_id, document_type, document_no,
        fiscal_year, document_date, partner_id, store_id, original_document_no,
        original_document_date, amount, line_count, family_no, custom
    from acceptable
    anti join several using (distributor_id, document_type, document_no, fiscal_year)
),

winners as (
    select
        holders.file_rank, version_states.file_rank as winner_rank,
        version_states.distributor_id, version_states.document_type,
        version_states.document_no, version_states.fiscal_year, version_states.document_date,
        version_states.partner_id, version_states.store_id,
        version_states.original_document_no, version_states.original_document_date,
        version_states.amount, version_states.line_count, version_states.family_no,
        version_states.custom
    from version_states
    join holders using (distributor_id, document_type, document_no, fiscal_year)
    where version_states.is_winner
)

select * from single
union all by name
select * from winners
