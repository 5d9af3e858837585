-- Grain: the one entry asked for, with the partner whose award it is.
-- Inputs: ledger_entries (published); $program, $entry_id.
select
    case
        when contains(allocation_key, '//')
            then replace(replace(split_part(allocation_key, '//', 2), '%2F', '/'), '%25', '%')
        else partner_id
    end as partner_id,
    cycle
from ledger_entries
where program = $program and entry_id = $entry_id
