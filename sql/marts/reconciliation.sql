-- Grain: one arrival of a file and program that reads its source.
-- Inputs: landed_files, work.program_sources, work.sales_file_documents,
--   work.sales_document_states, work.files, billing_transactions.
-- Meaning: declared → landed → staged, quarantined or superseded → counted, in rows and in money
--   as the file writes it. counted are the rows of documents that stand as counted in the
--   program, waiting the other staged ones (parked, unmatched and so on); of feeds without
--   documents every staged row counts. agrees: what came is what was declared, and all of it is
--   accounted for.
with in_force as (
    select
        files.scope, files.partition, documents.distributor_id, documents.document_type,
        documents.document_no, documents.fiscal_year, documents.line_count, documents.amount
    from work.sales_file_documents as documents
    join work.files as files on files.path = documents.filename
),

elsewhere as (
    select
        files.scope, substr(states.file_id, 1, 32) as partition, states.distributor_id,
        states.document_type, states.document_no, states.fiscal_year
    from work.sales_document_states as states
    join work.files as files on files.path = states.filename
),

counted as (
    select
        billing_transactions.program, in_force.scope, in_force.partition,
        sum(in_force.line_count) as rows_counted,
        sum(in_force.amount) filter (where in_force.document_type = 'invoice') as plus,
        sum(in_force.amount) filter (where in_force.document_type <> 'invoice') as minus
    from in_force
    anti join elsewhere
        using (scope, partition, distributor_id, document_type, document_no, fiscal_year)
    join billing_transactions
        on 'source/' || billing_transactions.source = in_force.scope
        and billing_transactions.distributor_id = in_force.distributor_id
        and billing_transactions.document_type = in_force.document_type
        and billing_transactions.document_no = in_force.document_no
        and billing_transactions.fiscal_year = in_force.fiscal_year
        and billing_transactions.status = 'counted'
    group by billing_transactions.program, in_force.scope, in_force.partition
),

told as (
    select
        program_sources.program, landed_files.* exclude (file_rank, arrival_id, file_date),
        case
            when landed_files.feed <> 'sales' then landed_files.rows_staged
            when landed_files.status in ('counted', 'superseded')
                then coalesce(counted.rows_counted, 0)
            else 0
        end as rows_counted,
        case
            when landed_files.feed <> 'sales' then landed_files.amount_staged
            when landed_files.status in ('counted', 'superseded')
                then coalesce(counted.plus, 0)
                + case landed_files.returns_signed when 'positive' then -1 else 1 end
                * coalesce(counted.minus, 0)
            else 0
        end as amount_counted
    from landed_files
    join work.program_sources as program_sources
        on program_sources.scope = 'source/' || landed_files.source
    left join counted
        on counted.program = program_sources.program
        and counted.scope = program_sources.scope
        and counted.partition = substr(landed_files.file_id, 1, 32)
        and landed_files.status in ('counted', 'superseded')
)

select
    program, source, feed, period, distributor, file_id, remote_name, landed_at, vouched_by,
    status, size, control_rows, rows_in, rows_staged, rows_quarantined, rows_superseded,
    rows_healed, rows_counted,
    cast(rows_staged - rows_counted as bigint) as rows_waiting,
    control_amount, amount_in, amount_staged, amount_quarantined, amount_superseded,
    cast(amount_counted as decimal(18, 3)) as amount_counted,
    cast(amount_staged - amount_counted as decimal(18, 3)) as amount_waiting,
    coalesce(rows_in = rows_staged + rows_quarantined + rows_superseded, status <> 'counted')
    and coalesce(rows_in = control_rows, true)
    and coalesce(amount_in = amount_staged + amount_quarantined + amount_superseded, true)
    and coalesce(amount_in = control_amount, true)
    and rows_counted <= rows_staged as agrees
from told
