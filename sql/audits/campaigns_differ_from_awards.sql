-- Grain: one offending award of a campaign. No rows: what is posted for it is exactly what it was
--   when its campaign ran, or nothing if that was withdrawn: the award is final (SPEC 5).
-- Inputs: entries (with commit_number), campaign_awards (promoted).
with posted as (
    select
        partner_id, allocation_key, max(commit_number) as commit_number,
        cast(
            sum(case when from_account = 'issued' then points else -points end) as decimal(18, 3)
        ) as points
    from entries
    where
        kind in ('campaign', 'reversal') and split_part(allocation_key, '/', 2) = 'campaign'
    group by partner_id, allocation_key
)

select
    coalesce(posted.commit_number, 0) as commit_number, 0 as line,
    coalesce(posted.partner_id, campaign_awards.partner_id) || ' '
    || coalesce(posted.allocation_key, campaign_awards.allocation_key) || ': posted '
    || coalesce(posted.points, 0) || ', awarded ' || coalesce(campaign_awards.points, 0)
    as finding
from posted
full join campaign_awards
    on campaign_awards.partner_id = posted.partner_id
    and campaign_awards.allocation_key = posted.allocation_key
where coalesce(posted.points, 0) <> coalesce(campaign_awards.points, 0)
order by commit_number, finding
