-- Grain: one offending allocation key of a partner. No rows: what is posted for an ended cycle,
--   promised and current together, is exactly what its allocations say (SPEC 7, One mechanism);
--   what is promised of a merged partner's award is held by the partner it became.
-- Inputs: entries (with commit_number), allocations (promoted point_allocations of ended cycles).
with posted as (
    select
        origin_of(partner_id, allocation_key) as partner_id,
        award_key(allocation_key) as allocation_key, max(commit_number) as commit_number,
        cast(
            sum(case when from_account = 'issued' then points else 0 end)
            - sum(case when to_account = 'issued' then points else 0 end)
            as decimal(18, 3)
        ) as points
    from entries
    where kind in ('award', 'promise', 'reversal')
    group by all
)

select
    coalesce(posted.commit_number, 0) as commit_number, 0 as line,
    coalesce(posted.partner_id, allocations.partner_id) || ' '
    || coalesce(posted.allocation_key, allocations.allocation_key) || ': posted '
    || coalesce(posted.points, 0) || ', allocated ' || coalesce(allocations.points, 0)
    as finding
from posted
full join allocations
    on allocations.partner_id = posted.partner_id
    and allocations.allocation_key = posted.allocation_key
where coalesce(posted.points, 0) <> coalesce(allocations.points, 0)
order by commit_number, finding
