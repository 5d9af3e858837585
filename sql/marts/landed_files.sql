-- Grain: one arrival of a file.
-- Inputs: file_records (what staging made of each arrival), work.sales_document_states,
--   work.files.
-- Meaning: rows_in = rows_staged + rows_quarantined + rows_superseded, always. A file none of
--   whose rows count any more is superseded. Rows of a refused file are all quarantined, those
--   of a duplicate all superseded.
with moved as (
    select
        files.scope, states.file_id,
        sum(
            case when states.state in ('superseded', 'removed') then states.line_count else 0 end
        ) as superseded,
        sum(
            case when states.state in ('superseded', 'removed') then 0 else states.line_count end
        ) as held
    from work.sales_document_states as states
    join work.files as files on files.path = states.filename
    group by files.scope, states.file_id
),

counted as (
    select
        records.*,
        case records.status
            when 'refused' then records.rows_in
            when 'duplicate' then 0
            else records.rows_quarantined + coalesce(moved.held, 0)
        end as quarantined,
        case records.status
            when 'refused' then 0
            when 'duplicate' then records.rows_in
            else records.rows_repeated + coalesce(moved.superseded, 0)
        end as superseded
    from file_records as records
    left join moved
        on moved.scope = 'source/' || records.source
        and moved.file_id = records.file_id
        and records.status = 'staged'
)

insert into landed_files by name
select
    file_id, source, remote_name, feed, size, landed_at,
    case
        when status <> 'staged' then status
        when superseded > 0 and rows_in = quarantined + superseded and quarantined = 0
            then 'superseded'
        else 'counted'
    end as status,
    rows_in,
    cast(rows_in - quarantined - superseded as bigint) as rows_staged,
    cast(quarantined as bigint) as rows_quarantined,
    cast(superseded as bigint) as rows_superseded,
    file_date, vouched_by, reasons, replaced_by, arrival_id
from counted
