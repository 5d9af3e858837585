-- Grain: one arrival of a file.
-- Inputs: file_records (what staging made of each arrival), work.sales_document_states,
--   work.files.
-- Meaning: rows_in = rows_staged + rows_quarantined + rows_superseded, always, and so the
--   amounts, which are as the file writes them (null where a feed has none, or where one that is
--   quarantined cannot be read). A file none of whose rows count any more is superseded. Rows of
--   a refused or waiting file are all quarantined, those of a duplicate all superseded.
--   rows_healed is filled by healed_rows.
with moved as (
    select
        files.scope, states.file_id,
        sum(case when is_superseded then states.line_count else 0 end) as superseded,
        sum(case when is_superseded then 0 else states.line_count end) as held,
        sum(case when is_superseded then states.amount else 0 end) filter (where is_plus)
            as plus_superseded,
        sum(case when is_superseded then 0 else states.amount end) filter (where is_plus)
            as plus_held,
        sum(case when is_superseded then states.amount else 0 end) filter (where not is_plus)
            as minus_superseded,
        sum(case when is_superseded then 0 else states.amount end) filter (where not is_plus)
            as minus_held
    from (
        select
            *, state in ('superseded', 'removed') as is_superseded,
            document_type = 'invoice' as is_plus
        from work.sales_document_states
    ) as states
    join work.files as files on files.path = states.filename
    group by files.scope, states.file_id
),

signed as (
    select
        records.*,
        moved.superseded, moved.held,
        coalesce(moved.plus_superseded, 0)
        + case records.returns_signed when 'positive' then -1 else 1 end
        * coalesce(moved.minus_superseded, 0) as superseded_amount,
        coalesce(moved.plus_held, 0)
        + case records.returns_signed when 'positive' then -1 else 1 end
        * coalesce(moved.minus_held, 0) as held_amount
    from file_records as records
    left join moved
        on moved.scope = 'source/' || records.source
        and moved.file_id = records.file_id
        and records.status = 'staged'
),

counted as (
    select
        signed.* exclude (amount_quarantined),
        case status
            when 'duplicate' then 0
            when 'staged' then rows_quarantined + coalesce(held, 0)
            else rows_in
        end as quarantined,
        case status
            when 'duplicate' then rows_in
            when 'staged' then rows_repeated + coalesce(superseded, 0)
            else 0
        end as superseded_rows,
        case status
            when 'duplicate' then 0
            when 'staged' then amount_quarantined + held_amount
            else amount_in
        end as amount_quarantined,
        case status
            when 'duplicate' then amount_in
            when 'staged' then amount_repeated + superseded_amount
            else 0
        end as amount_superseded
    from signed
)

insert into landed_files by name
select
    file_id, source, remote_name, feed, size, landed_at,
    case
        when status <> 'staged' then status
        when superseded_rows > 0 and rows_in = quarantined + superseded_rows and quarantined = 0
            then 'superseded'
        else 'counted'
    end as status,
    rows_in,
    cast(rows_in - quarantined - superseded_rows as bigint) as rows_staged,
    cast(quarantined as bigint) as rows_quarantined,
    cast(superseded_rows as bigint) as rows_superseded,
    file_date, vouched_by, reasons, replaced_by, arrival_id, file_rank, period, distributor,
    0 as rows_healed,
    control_rows, control_amount, amount_in,
    cast(amount_in - amount_quarantined - amount_superseded as decimal(18, 3)) as amount_staged,
    cast(amount_quarantined as decimal(18, 3)) as amount_quarantined,
    cast(amount_superseded as decimal(18, 3)) as amount_superseded,
    returns_signed
from counted
