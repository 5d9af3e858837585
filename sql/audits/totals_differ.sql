-- Grain: one offending commit and kind. No rows: the totals in each header are those of its
--   entries.
-- Inputs: entries (with commit_number), header_totals (commit_number, kind, points).
with summed as (
    select commit_number, kind, cast(sum(points) as decimal(18, 3)) as points
    from entries
    group by commit_number, kind
)

select
    coalesce(summed.commit_number, header_totals.commit_number) as commit_number, 0 as line,
    coalesce(summed.kind, header_totals.kind) || ': header ' || coalesce(header_totals.points, 0)
    || ', entries ' || coalesce(summed.points, 0) as finding
from summed
full join header_totals
    on header_totals.commit_number = summed.commit_number
    and header_totals.kind = summed.kind
where coalesce(summed.points, 0) <> coalesce(header_totals.points, 0)
order by commit_number
