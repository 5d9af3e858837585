-- Grain: one version of a document that does not count as it was delivered.
-- Inputs: candidates, version_states, held_versions, refused_versions, ended_versions, chosen,
--   in_force, applied_returns, document_files, earlier_states (as they were), touched_families.
-- Meaning: superseded (another version counts, or a later file has none), removed (counted until a
--   later file of its month came without it), else why it is held: over_returned (takes more
--   than is left) or a reason of held_versions. Sparse: a version not named here counts or is
--   parked.
with several as (
    select distributor_id, document_type, document_no, fiscal_year from version_states
    union
    select distributor_id, document_type, document_no, fiscal_year from held_versions
    union
    select distributor_id, document_type, document_no, fiscal_year from refused_versions
    union
    select distributor_id, document_type, document_no, fiscal_year from ended_versions
),

judged as (
    select
        candidates.file_rank, candidates.distributor_id, candidates.document_type,
        candidates.document_no, candidates.fiscal_year, candidates.document_date,
        candidates.partner_id, candidates.amount, candidates.line_count, candidates.family_no,
        case
            when candidates.file_rank = chosen.file_rank
                then case when removal.ended_by is not null then 'removed' end
            when
                candidates.file_rank <= chosen.winner_rank
                or candidates.file_rank < removal.ended_by
                or own_end.ended_by is not null
                or refused_versions.is_repetition
                then 'superseded'
            when refused_versions.file_rank is not null then 'over_returned'
            else held_versions.reason
        end as state
    from candidates
    semi join several using (distributor_id, document_type, document_no, fiscal_year)
    left join chosen
        on chosen.distributor_id = candidates.distributor_id
        and chosen.document_type = candidates.document_type
        and chosen.document_no = candidates.document_no
        and chosen.fiscal_year = candidates.fiscal_year
    left join ended_versions as removal
        on removal.file_rank = chosen.file_rank
        and removal.distributor_id = candidates.distributor_id
        and removal.document_type = candidates.document_type
        and removal.document_no = candidates.document_no
        and removal.fiscal_year = candidates.fiscal_year
    left join ended_versions as own_end
        on own_end.file_rank = candidates.file_rank
        and own_end.distributor_id = candidates.distributor_id
        and own_end.document_type = candidates.document_type
        and own_end.document_no = candidates.document_no
        and own_end.fiscal_year = candidates.fiscal_year
    left join held_versions
        on held_versions.file_rank = candidates.file_rank
        and held_versions.distributor_id = candidates.distributor_id
        and held_versions.document_type = candidates.document_type
        and held_versions.document_no = candidates.document_no
        and held_versions.fiscal_year = candidates.fiscal_year
    left join refused_versions
        on refused_versions.file_rank = candidates.file_rank
        and refused_versions.distributor_id = candidates.distributor_id
        and refused_versions.document_type = candidates.document_type
        and refused_versions.document_no = candidates.document_no
        and refused_versions.fiscal_year = candidates.fiscal_year
),

fresh as (
    select
        file_rank, distributor_id, document_type, document_no, fiscal_year, document_date,
        partner_id, amount, line_count, family_no, state
    from judged
    where state is not null
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
