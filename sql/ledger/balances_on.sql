-- Grain: one partner with points, and what it had of them when conditions asked.
-- Inputs: ledger_entries (all of the program), homes (partner_id, home_id: partners merged by
--   then); $asked_on, $as_of, $posted_by.
-- Meaning: balances at the end of $as_of by the entries posted up to $posted_by; event_date is the
--   day on which they are asked. Points are of who their owner was then, whenever merges move them.
--   An award of a campaign counts from its date, also where it was posted later: of two campaigns
--   that run late the second reads what the first one gave.
with moved as (
    select
        coalesce(homes.home_id, owned.owner_id) as partner_id,
        owned.from_account, owned.to_account, owned.points
    from (
        select *, owner_of(partner_id, kind, allocation_key) as owner_id from ledger_entries
    ) as owned
    left join homes on homes.partner_id = owned.owner_id
    where
        owned.posted_on <= $posted_by
        and case
            when split_part(owned.allocation_key, '/', 2) = 'campaign' then owned.event_date
            else owned.effective_date
        end <= $as_of
)

select
    partner_id, cast($asked_on as date) as event_date,
    cast(
        sum(case when to_account = 'current' then points else 0 end)
        - sum(case when from_account = 'current' then points else 0 end)
        as decimal(18, 3)
    ) as current_points,
    cast(
        sum(case when to_account = 'promised' then points else 0 end)
        - sum(case when from_account = 'promised' then points else 0 end)
        as decimal(18, 3)
    ) as promised_points
from moved
group by partner_id
