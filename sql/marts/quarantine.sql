-- Grain: one row that does not count, or one file that was refused whole (line_no is null).
-- Inputs: work.quarantined, work.sales_held, work.refused_redemptions, work.files,
--   landed_files.
-- Meaning: reasons are codes joined with a comma, raw is the line as it came. status: open;
--   waiting (a future-dated document that counts by itself from its date); replaced (a refused
--   file of whose name a later one was staged); redelivered (a row of a file of whose name a
--   later one was staged: that one says whether the row is still wrong).
with staged as (
    select file_id, source, remote_name, feed, replaced_by
    from landed_files
    where status in ('counted', 'superseded')
),

rejected as (
    select
        staged.file_id, rows_of_files.line_no, staged.feed, rows_of_files.reasons,
        rows_of_files.raw,
        case when staged.replaced_by is null then 'open' else 'redelivered' end as status,
        staged.source, staged.remote_name, cast(null as varchar) as program,
        cast(null as varchar) as detail
    from work.quarantined as rows_of_files
    join work.files as files on files.path = rows_of_files.filename
    join staged
        on 'source/' || staged.source = files.scope
        and substr(staged.file_id, 1, 32) = files.partition
),

held as (
    select
        held.file_id, held.line_no, 'sales' as feed, held.reasons, held.raw,
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
        case when replaced_by is null then 'open' else 'replaced' end as status,
        source, remote_name, cast(null as varchar) as program, cast(null as varchar) as detail
    from landed_files
    where status = 'refused'
),

redemptions as (
    select
        refused_redemptions.file_id, refused_redemptions.line_no, 'redemptions' as feed,
        refused_redemptions.reasons, refused_redemptions.raw, 'open' as status,
        refused_redemptions.source, staged.remote_name, refused_redemptions.program,
        refused_redemptions.detail
    from work.refused_redemptions as refused_redemptions
    left join staged
        on staged.file_id = refused_redemptions.file_id
        and staged.source = refused_redemptions.source
)

select file_id, line_no, feed, reasons, raw, status, source, remote_name, program, detail
from rejected
union all
select file_id, line_no, feed, reasons, raw, status, source, remote_name, program, detail
from held
union all
select file_id, line_no, feed, reasons, raw, status, source, remote_name, program, detail
from refused
union all
select file_id, line_no, feed, reasons, raw, status, source, remote_name, program, detail
from redemptions
