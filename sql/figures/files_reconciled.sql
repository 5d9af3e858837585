-- Grain: one arrival of a source; what does not agree first, then the latest.
-- Asked of the published file. Inputs: landed_files; $source, $most (rows).
-- Meaning: declared, came, and where it is; the part of `reconciliation` that needs no program.
select
    remote_name, status, vouched_by, control_rows, rows_in, rows_staged, rows_quarantined,
    rows_healed, rows_superseded, control_amount, amount_in, amount_staged, amount_quarantined,
    amount_superseded,
    coalesce(rows_in = rows_staged + rows_quarantined + rows_superseded, true)
    and coalesce(rows_in = control_rows, true)
    and coalesce(amount_in = amount_staged + amount_quarantined + amount_superseded, true)
    and coalesce(amount_in = control_amount, true) as agrees
from landed_files
where source = $source and status not in ('refused', 'waiting')
order by agrees, landed_at desc, remote_name
limit $most
