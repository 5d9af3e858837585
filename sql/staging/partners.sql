-- Grain: one partner and the day from which a file says something new about it.
-- Inputs: partners_lines (all staged files, with filename), feed_files (path, file_rank, file_date).
-- Meaning: the history of partners by file date (SPEC 2); of two files of one date the later
--   one wins, and a repetition makes no new row. valid_to is exclusive, null for the latest.
with delivered as (
    select
        partners_lines.partner_id, feed_files.file_date as valid_from,
        struct_pack(
            name := partners_lines.name,
            enrolled_on := partners_lines.enrolled_on,
            status := partners_lines.status,
            email := partners_lines.email,
            mobile := partners_lines.mobile
        ) as said,
        row_number() over (
            partition by partners_lines.partner_id, feed_files.file_date
            order by feed_files.file_rank desc
        ) as recency
    from partners_lines
    join feed_files on feed_files.path = partners_lines.filename
),

changes as (
    select
        partner_id, valid_from, said,
        lag(partner_id) over by_date is not null
        and lag(said) over by_date is not distinct from said as is_repetition
    from delivered
    where recency = 1
    window by_date as (partition by partner_id order by valid_from)
)

select
    partner_id, valid_from,
    lead(valid_from) over (partition by partner_id order by valid_from) as valid_to,
    said.name as name, said.enrolled_on as enrolled_on, said.status as status,
    said.email as email, said.mobile as mobile
from changes
where not is_repetition
order by partner_id, valid_from
