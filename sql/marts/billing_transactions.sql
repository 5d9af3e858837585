-- Grain: one document or claim of a program's sources in force, and one version of a document that
--   another file's version superseded or a replacing file removed.
-- Inputs: work.sales_documents, work.sales_document_states, work.month_claims,
--   work.merged_partners, partners, distributors, work.files, work.program_sources,
--   work.program_settings, work.cycle_months.
-- Meaning: net_amount is what the document adds to the net sales of its cycle if its status is
--   counted: by partner and cycle, counted net amounts add up to cycle_sales. With restate
--   original_cycle a referenced return has reduced its invoice and adds nothing itself.
--   partner_id is whose sales it is in: that of the original for a referenced return, and the one
--   that a merged partner has become. document_type claim: an uploaded invoice, which counts while
--   it is approved and no DMS has delivered it.
--   status: counted, parked (a return whose invoice has not come), unmatched (partner not
--   known yet), before_enrolment, inactive, before_program (dated before the first cycle),
--   superseded (another version counts, or the invoice of a claim), removed (gone from a file that
--   replaces what it covers), submitted and rejected (of claims). reason says in words why it counts or not. Held documents are in quarantine.
with documents as (
    select
        program_sources.program, files.scope, files.partition as month,
        documents.distributor_id, documents.document_type, documents.document_no,
        documents.fiscal_year, documents.document_date,
        coalesce(documents.original_partner_id, documents.partner_id) as partner_id,
        documents.partner_id as document_partner_id, documents.store_id, documents.amount,
        documents.net_amount, documents.status, documents.original_document_no,
        documents.original_date, documents.taken, documents.line_count,
        cast(null as varchar) as claim_id, cast(null as varchar) as said
    from work.sales_documents as documents
    join work.files as files on files.path = documents.filename
    join work.program_sources as program_sources on program_sources.scope = files.scope
    union all by name
    select
        program, 'source/' || source as scope, month, distributor_id, 'claim' as document_type,
        document_no, fiscal_year, document_date, partner_id, partner_id as document_partner_id,
        amount, case when status = 'counted' then amount else 0 end as net_amount, status,
        claim_id, reason as said
    from work.month_claims
),

placed as (
    select
        documents.program, documents.scope, documents.distributor_id, documents.document_type,
        documents.document_no, documents.fiscal_year, documents.document_date,
        documents.partner_id, documents.document_partner_id, documents.store_id,
        documents.amount, documents.status, documents.original_document_no,
        documents.original_date, documents.taken, documents.line_count, documents.claim_id,
        documents.said, cycle_months.cycle,
        case
            when cycle_months.restate is distinct from 'own_cycle' then documents.net_amount
            when documents.original_date is not null then cast(-documents.taken as decimal(18, 2))
            when documents.document_type = 'claim' then documents.net_amount
            when documents.status = 'counted' then documents.amount
            else cast(0 as decimal(18, 2))
        end as net_amount,
        -- A return that reduced its invoice stands or falls with the invoice.
        case
            when
                cycle_months.restate is distinct from 'own_cycle'
                and documents.original_date is not null
                then documents.original_date
            else documents.document_date
        end as standing_date
    from documents
    left join work.cycle_months as cycle_months
        on cycle_months.program = documents.program and cycle_months.month = documents.month
),

-- As earning/cycle_documents judges: of who the merged partner was on the day.
owned as (
    select
        placed.program, placed.scope, placed.cycle, placed.distributor_id,
        placed.document_type, placed.document_no, placed.fiscal_year, placed.document_date,
        coalesce(merged.home_id, placed.partner_id) as partner_id, placed.document_partner_id,
        placed.store_id, placed.amount, placed.net_amount, placed.status,
        placed.original_document_no, placed.original_date, placed.taken, placed.line_count,
        placed.claim_id, placed.said, placed.standing_date,
        coalesce(merged.judged_id, placed.partner_id) as judged_id,
        'partner ' || placed.partner_id || ' was merged into ' || merged.home_id || ' on '
        || merged.merged_on as merger
    from placed
    left join work.merged_partners as merged
        on merged.program = placed.program
        and merged.partner_id = placed.partner_id
        -- A return in another cycle than its invoice is whose the invoice is.
        and placed.standing_date >= merged.cycle_start
        and placed.standing_date < merged.cycle_end
        and placed.standing_date >= merged.seen_from
        and placed.standing_date < merged.seen_to
),

-- Spans as a list and not a subquery a row: a filter on one partner then reaches the files.
partner_now as (
    select
        program, partner_id, max_by(enrolled_on, valid_from) as enrolled_on,
        list({
            'first_day': valid_from, 'last_day': coalesce(valid_to - 1, date '9999-12-31')
        }) filter (where status = 'inactive') as inactive_spans
    from partners
    group by program, partner_id
),

in_force as (
    select
        owned.program, owned.scope, owned.cycle, owned.distributor_id, owned.document_type,
        owned.document_no, owned.fiscal_year, owned.document_date, owned.partner_id,
        owned.document_partner_id, owned.store_id, owned.amount, owned.net_amount,
        owned.original_document_no, owned.original_date, owned.taken, owned.line_count,
        owned.claim_id, owned.said, owned.merger, owned.judged_id, owned.standing_date,
        partner_now.enrolled_on,
        case
            when owned.cycle is null then 'before_program'
            when owned.status <> 'counted' then owned.status
            when settings.has_partner_feed and partner_now.partner_id is null then 'unmatched'
            when
                settings.before_enrolment = 'ignore'
                and owned.standing_date < partner_now.enrolled_on
                then 'before_enrolment'
            when len(list_filter(
                coalesce(partner_now.inactive_spans, []),
                lambda span: owned.standing_date between span.first_day and span.last_day
            )) > 0 then 'inactive'
            else 'counted'
        end as status
    from owned
    join work.program_settings as settings on settings.program = owned.program
    left join partner_now
        on partner_now.program = owned.program and partner_now.partner_id = owned.judged_id
),

explained as (
    select
        *,
        concat_ws(
            '; ',
            said,
            case status
                when 'unmatched' then 'no partners file names ' || judged_id || ' yet'
                when 'before_enrolment' then 'dated ' || standing_date || ', before partner '
                    || judged_id || ' was enrolled on ' || enrolled_on
                when 'inactive' then 'partner ' || judged_id || ' was inactive on '
                    || standing_date
                when 'before_program' then 'dated before the first cycle of the program'
                when 'parked' then 'waits for invoice '
                    || coalesce(original_document_no, document_no)
            end,
            case
                when document_partner_id <> partner_id and merger is null
                    then 'goes with the invoice of partner ' || partner_id
                else merger
            end
        ) as reason
    from in_force
),

superseded as (
    select
        program_sources.program, files.scope, cycle_months.cycle, states.distributor_id,
        states.document_type, states.document_no, states.fiscal_year, states.document_date,
        states.partner_id, states.partner_id as document_partner_id, states.amount,
        cast(0 as decimal(18, 2)) as net_amount, states.line_count, states.state as status,
        states.file_id as superseded_file_id,
        case states.state
            when 'removed' then 'a later file that replaces what it covers has it no longer'
            else 'the version of another file is in force'
        end as reason
    from work.sales_document_states as states
    join work.files as files on files.path = states.filename
    join work.program_sources as program_sources on program_sources.scope = files.scope
    left join work.cycle_months as cycle_months
        on cycle_months.program = program_sources.program
        and cycle_months.month = strftime(states.document_date, '%Y-%m')
    where states.state in ('superseded', 'removed')
),

together as (
    select * from explained
    union all by name
    select * from superseded
)

select
    together.program, together.partner_id, together.document_no, together.document_type,
    together.document_date, together.distributor_id, distributors.name as distributor_name,
    together.amount, together.net_amount, together.status, together.cycle,
    substr(together.scope, 8) as source, together.fiscal_year, together.document_partner_id,
    together.store_id, together.original_document_no, together.original_date, together.taken,
    together.line_count, together.superseded_file_id, together.claim_id,
    nullif(together.reason, '') as reason
from together
left join distributors
    on distributors.program = together.program
    and distributors.source = substr(together.scope, 8)
    and distributors.distributor_id = together.distributor_id
