-- Grain: one store and the day from which a file says something new about it.
-- Inputs: stores_lines (all staged files, with filename), feed_files (path, file_rank, file_date).
-- Meaning: the history of stores by file date, as that of partners (SPEC 2). valid_to is
--   exclusive, null for the latest.
with delivered as (
    select
        stores_lines.store_id, feed_files.file_date as valid_from,
        struct_pack(store_id := stores_lines.store_id) as said,
        row_number() over (
            partition by stores_lines.store_id, feed_files.file_date
            order by feed_files.file_rank desc
        ) as recency
    from stores_lines
    join feed_files on feed_files.path = stores_lines.filename
),

changes as (
    select
        store_id, valid_from, said,
        lag(store_id) over by_date is not null
        and lag(said) over by_date is not distinct from said as is_repetition
    from delivered
    where recency = 1
    window by_date as (partition by store_id order by valid_from)
)

select
    store_id, valid_from,
    lead(valid_from) over (partition by store_id order by valid_from) as valid_to
from changes
where not is_repetition
order by store_id, valid_from
