-- Grain: one partner and day on which current points of its own moved.
-- Inputs: entries (all of the program), open_redemptions, identities (partner_id, home_id: who a
--   merged partner was when).
-- Meaning: of the partners who ask, and of all who were merged or became another: few. Points are
--   their owner's, wherever merges have moved them by now: what a move takes from one and gives to
--   another is nothing here.
select
    owned.owner_id as partner_id, owned.effective_date,
    cast(
        sum(case when owned.to_account = 'current' then owned.points else 0 end)
        - sum(case when owned.from_account = 'current' then owned.points else 0 end)
        as decimal(18, 3)
    ) as points
from (
    select *, owner_of(partner_id, kind, allocation_key) as owner_id from entries
) as owned
where
    'current' in (owned.from_account, owned.to_account)
    and (
        owned.owner_id in (select open_redemptions.partner_id from open_redemptions)
        or owned.owner_id in (select identities.partner_id from identities)
        or owned.owner_id in (select identities.home_id from identities)
    )
group by owned.owner_id, owned.effective_date
