-- Grain: one entry of a campaign that runs, or that was withdrawn.
-- Inputs: campaign_awards; $posted_on, $is_withdrawn.
-- Meaning: the award becomes current on its posting date; withdrawing the campaign takes all of it
--   back, under the same key.
select
    row_number() over (order by allocation_key) as line,
    partner_id, cycle,
    case when $is_withdrawn then 'reversal' else 'campaign' end as kind,
    case when $is_withdrawn then 'current' else 'issued' end as from_account,
    case when $is_withdrawn then 'issued' else 'current' end as to_account,
    points, event_date,
    $posted_on as effective_date,
    event_date as book_date,
    cast(null as date) as accrual_date,
    $posted_on as posted_on,
    allocation_key,
    'campaign ' || rule || case when $is_withdrawn then ' was withdrawn' else '' end as reason,
    rules_version
from campaign_awards
order by line
