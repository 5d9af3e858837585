-- Grain: one offending event (or award of a cycle) of a partner. No rows: what is posted for it,
--   promised and current together, is exactly what its allocations say (SPEC 7, One mechanism);
--   what is promised of a merged partner's award is held by the partner it became.
-- Inputs: entries (with commit_number), allocations (promoted point_allocations).
-- Meaning: an event's keys are taken together, since a decrease of one may be borne by another's
--   promise. What was forfeited stays posted: so much may be posted beyond what is allocated by now.
--   Awards of campaigns are asked about in campaigns_differ_from_awards.
with posted as (
    select
        origin_of(partner_id, allocation_key) as partner_id,
        award_group(award_key(allocation_key)) as event_group,
        max(commit_number) as commit_number,
        cast(
            sum(case when from_account = 'issued' then points else 0 end)
            - sum(case when to_account = 'issued' then points else 0 end)
            as decimal(18, 3)
        ) as points,
        cast(
            sum(case when kind = 'forfeit' then points else 0 end) as decimal(18, 3)
        ) as forfeited
    from entries
    where
        kind in ('award', 'promise', 'reversal', 'forfeit')
        and split_part(allocation_key, '/', 2) <> 'campaign'
    group by all
),

allocated as (
    select
        partner_id, award_group(allocation_key) as event_group,
        cast(sum(points) as decimal(18, 3)) as points
    from allocations
    group by all
),

compared as (
    select
        coalesce(posted.commit_number, 0) as commit_number,
        coalesce(posted.partner_id, allocated.partner_id) as partner_id,
        coalesce(posted.event_group, allocated.event_group) as event_group,
        coalesce(posted.points, 0) as posted_points,
        coalesce(posted.forfeited, 0) as forfeited,
        coalesce(allocated.points, 0) as allocated_points
    from posted
    full join allocated
        on allocated.partner_id = posted.partner_id
        and allocated.event_group = posted.event_group
)

select
    commit_number, 0 as line,
    partner_id || ' ' || event_group || ': posted ' || posted_points || ', allocated '
    || allocated_points as finding
from compared
where posted_points not between allocated_points and allocated_points + forfeited
order by commit_number, finding
