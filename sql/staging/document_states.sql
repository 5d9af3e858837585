-- Grain: one version of a document that does not count as it was delivered.
-- Inputs: candidates, version_states, applied_returns, in_force, document_files,
--   earlier_states (as they were), touched_families; $today.
-- Meaning: superseded (another file's version counts), future_dated (dated after today),
--   over_returned (takes more than is left). Sparse: a version not named here counts or is parked.
with fresh as (
    select
        file_rank, distributor_id, document_type, document_no, fiscal_year, document_date,
        partner_id, amount, line_count, family_no, 'superseded' as state
    from version_states
    where not is_holder
    union all by name
    select
        file_rank, distributor_id, document_type, document_no, fiscal_year, document_date,
        partner_id, amount, line_count, family_no, 'future_dated' as state
    from candidates
    where document_date > $today
    union all by name
    select
        in_force.file_rank, in_force.distributor_id, in_force.document_type,
        in_force.document_no, in_force.fiscal_year, in_force.document_date,
        in_force.partner_id, in_force.amount, in_force.line_count, in_force.family_no,
        'over_returned' as state
    from in_force
    join applied_returns using (distributor_id, document_type, document_no, fiscal_year)
    where applied_returns.status = 'over_returned'
),

named as (
    select
        document_files.file_id, fresh.distributor_id, fresh.document_type, fresh.document_no,
        fresh.fiscal_year, fresh.document_date, fresh.partner_id, fresh.amount,
        fresh.line_count, fresh.family_no, fresh.state
    from fresh
    join document_files using (file_rank)
),

kept as (
    select earlier_states.*
    from earlier_states
    anti join touched_families using (distributor_id, family_no)
)

select * from named
union all by name
select * from kept
order by document_no, distributor_id, document_type, fiscal_year, file_id
