-- Grain: one row that does not count, or one file that was refused whole (line_no is null).
-- Inputs: work.quarantined, work.sales_held, work.refused_redemptions, work.files,
--   landed_files, and the staged rows of every feed.
-- Meaning: reasons are codes joined with a comma, raw is the line as it came, subject what it is
--   about. status: open; waiting (a future-dated document that counts by itself from its date, or
--   a file that waits for approval); healed (a later file brought a good row about the same
--   subject and, of sales, of the same type and fiscal year); replaced (a refused file of whose name a later one was staged); redelivered (a row
--   of a file of whose name a later one was staged: that one says whether the row is still wrong).
with staged as (
    select file_id, source, remote_name, feed, replaced_by, file_rank
    from landed_files
    where status in ('counted', 'superseded')
),

delivered as (
    select
        filename, distributor_id || '/' || document_no as subject, document_type, fiscal_year
    from work.sales_file_documents
    union all
    select filename, partner_id, null, null from work.partners_lines
    union all
    select filename, distributor_id, null, null from work.distributors_lines
    union all
    select filename, store_id, null, null from work.stores_lines
    union all
    select filename, distributor_id || '/' || document_no, null, null from work.tenders_lines
    union all
    select filename, concat_ws('/', partner_id, cycle, coalesce(category, '')), null, null
    from work.targets_lines
    union all
    select filename, redemption_id, null, null from work.redemptions_lines
    union all
    select filename, scan_id, null, null from work.scans_lines
    union all
    select filename, claim_id, null, null from work.claims_lines
    union all
    select filename, instruction_id, null, null from work.instructions_lines
),

-- Bytes may count more than once: their rows are kept out once, under the last arrival.
last_told as (
    select source, file_id, max(file_rank) as file_rank
    from staged
    group by source, file_id
),

kept_out as (
    select
        staged.file_id, rows_of_files.line_no, staged.feed, rows_of_files.reasons,
        rows_of_files.raw, rows_of_files.subject, rows_of_files.document_type,
        rows_of_files.fiscal_year, staged.replaced_by, staged.source, staged.remote_name,
        staged.file_rank
    from work.quarantined as rows_of_files
    join work.files as files on files.path = rows_of_files.filename
    join staged
        on 'source/' || staged.source = files.scope
        and substr(staged.file_id, 1, 32) = files.partition
        and staged.feed || '_quarantine' = files.table_name
    semi join last_told
        on last_told.source = staged.source and last_told.file_rank = staged.file_rank
),

-- Asked about what was kept out only: there are few of those, and millions of good rows. A number
-- names another document in another fiscal year, or with another type: those heal nothing.
healed as (
    select
        kept_out.source, kept_out.feed, kept_out.subject, kept_out.document_type,
        kept_out.fiscal_year, max(staged.file_rank) as last_rank
    from (
        select distinct source, feed, subject, document_type, fiscal_year from kept_out
    ) as kept_out
    join delivered
        on delivered.subject = kept_out.subject
        and coalesce(delivered.document_type = kept_out.document_type, true)
        and coalesce(delivered.fiscal_year = kept_out.fiscal_year, true)
    join work.files as files on files.path = delivered.filename
    join staged
        on 'source/' || staged.source = files.scope
        and substr(staged.file_id, 1, 32) = files.partition
    where
        staged.source = kept_out.source and staged.feed = kept_out.feed
        and files.table_name in (
            kept_out.feed || '_lines', kept_out.feed || '_file_documents'
        )
    group by
        kept_out.source, kept_out.feed, kept_out.subject, kept_out.document_type,
        kept_out.fiscal_year
),

rejected as (
    select
        kept_out.file_id, kept_out.line_no, kept_out.feed, kept_out.reasons, kept_out.raw,
        kept_out.subject,
        case
            when healed.last_rank > kept_out.file_rank then 'healed'
            when kept_out.replaced_by is null then 'open'
            else 'redelivered'
        end as status,
        kept_out.source, kept_out.remote_name, cast(null as varchar) as program,
        cast(null as varchar) as detail
    from kept_out
    left join healed
        on healed.source = kept_out.source
        and healed.feed = kept_out.feed
        and healed.subject = kept_out.subject
        and healed.document_type is not distinct from kept_out.document_type
        and healed.fiscal_year is not distinct from kept_out.fiscal_year
),

held as (
    select
        held.file_id, held.line_no, 'sales' as feed, held.reasons, held.raw, held.subject,
        case when held.reasons = 'future_dated' then 'waiting' else 'open' end as status,
        staged.source, staged.remote_name, cast(null as varchar) as program,
        cast(null as varchar) as detail
    from work.sales_held as held
    join work.files as files on files.path = held.filename
    join staged
        on 'source/' || staged.source = files.scope and staged.file_id = held.file_id
),

refused as (
    select
        file_id, cast(null as bigint) as line_no, feed, reasons, cast(null as varchar) as raw,
        cast(null as varchar) as subject,
        case
            when status = 'waiting' then 'waiting'
            when replaced_by is null then 'open'
            else 'replaced'
        end as status,
        source, remote_name, cast(null as varchar) as program, cast(null as varchar) as detail
    from landed_files
    where status in ('refused', 'waiting')
),

redemptions as (
    select
        refused_redemptions.file_id, refused_redemptions.line_no, 'redemptions' as feed,
        refused_redemptions.reasons, refused_redemptions.raw,
        cast(null as varchar) as subject, 'open' as status,
        refused_redemptions.source, staged.remote_name, refused_redemptions.program,
        refused_redemptions.detail
    from work.refused_redemptions as refused_redemptions
    left join staged
        on staged.file_id = refused_redemptions.file_id
        and staged.source = refused_redemptions.source
)

select
    file_id, line_no, feed, reasons, raw, subject, status, source, remote_name, program, detail
from rejected
union all
select
    file_id, line_no, feed, reasons, raw, subject, status, source, remote_name, program, detail
from held
union all
select
    file_id, line_no, feed, reasons, raw, subject, status, source, remote_name, program, detail
from refused
union all
select
    file_id, line_no, feed, reasons, raw, subject, status, source, remote_name, program, detail
from redemptions
