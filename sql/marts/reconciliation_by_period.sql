-- Grain: one program, source and month of document dates.
-- Inputs: work.sales_documents, work.sales_document_states, work.files, work.program_sources,
--   billing_transactions, monthly_sales.
-- Meaning: what files brought of the month: staged (in force), held in quarantine, superseded;
--   of the staged what counts in the program and what waits; amounts with returns negative.
--   net_counted is what counted documents add to net sales. agrees: every staged document stands
--   somewhere, once. Rows that could not be read belong to no month: see reconciliation.
with staged as (
    select
        program_sources.program, files.scope, files.partition as period,
        sum(documents.line_count) as rows_staged, sum(documents.amount) as amount_staged
    from work.sales_documents as documents
    join work.files as files on files.path = documents.filename
    join work.program_sources as program_sources on program_sources.scope = files.scope
    group by program_sources.program, files.scope, files.partition
),

elsewhere as (
    select
        program_sources.program, files.scope,
        strftime(states.document_date, '%Y-%m') as period,
        sum(states.line_count) filter (where states.state in ('superseded', 'removed'))
            as rows_superseded,
        sum(states.amount) filter (where states.state in ('superseded', 'removed'))
            as amount_superseded,
        sum(states.line_count) filter (where states.state not in ('superseded', 'removed'))
            as rows_held,
        sum(states.amount) filter (where states.state not in ('superseded', 'removed'))
            as amount_held
    from work.sales_document_states as states
    join work.files as files on files.path = states.filename
    join work.program_sources as program_sources on program_sources.scope = files.scope
    group by program_sources.program, files.scope, period
),

standing as (
    select
        program, 'source/' || source as scope, strftime(document_date, '%Y-%m') as period,
        sum(line_count) filter (where status = 'counted') as rows_counted,
        sum(amount) filter (where status = 'counted') as amount_counted,
        sum(line_count) filter (where status <> 'counted') as rows_waiting,
        sum(amount) filter (where status <> 'counted') as amount_waiting,
        sum(net_amount) filter (where status = 'counted') as net_counted
    from billing_transactions
    where status not in ('superseded', 'removed') and document_type <> 'claim'
    group by program, scope, period
)

select
    coalesce(staged.program, elsewhere.program) as program,
    substr(coalesce(staged.scope, elsewhere.scope), 8) as source,
    coalesce(staged.period, elsewhere.period) as period,
    cast(coalesce(rows_staged, 0) as bigint) as rows_staged,
    cast(coalesce(rows_held, 0) as bigint) as rows_held,
    cast(coalesce(rows_superseded, 0) as bigint) as rows_superseded,
    cast(coalesce(rows_counted, 0) as bigint) as rows_counted,
    cast(coalesce(rows_waiting, 0) as bigint) as rows_waiting,
    cast(coalesce(amount_staged, 0) as decimal(18, 2)) as amount_staged,
    cast(coalesce(amount_held, 0) as decimal(18, 2)) as amount_held,
    cast(coalesce(amount_superseded, 0) as decimal(18, 2)) as amount_superseded,
    cast(coalesce(amount_counted, 0) as decimal(18, 2)) as amount_counted,
    cast(coalesce(amount_waiting, 0) as decimal(18, 2)) as amount_waiting,
    cast(coalesce(net_counted, 0) as decimal(18, 2)) as net_counted,
    coalesce(rows_staged, 0) = coalesce(rows_counted, 0) + coalesce(rows_waiting, 0)
    and coalesce(amount_staged, 0) = coalesce(amount_counted, 0) + coalesce(amount_waiting, 0)
        as agrees
from staged
full join elsewhere using (program, scope, period)
left join standing
    on standing.program = coalesce(staged.program, elsewhere.program)
    and standing.scope = coalesce(staged.scope, elsewhere.scope)
    and standing.period = coalesce(staged.period, elsewhere.period)
