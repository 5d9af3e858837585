-- Grain: one partner and day on which current points moved.
-- Inputs: entries (all of the program), open_redemptions, homes (merged partners).
-- Meaning: of the partners who ask, and of all who were merged or became another: few.
select
    entries.partner_id, entries.effective_date,
    cast(
        sum(case when to_account = 'current' then points else 0 end)
        - sum(case when from_account = 'current' then points else 0 end)
        as decimal(18, 3)
    ) as points
from entries
where
    'current' in (from_account, to_account)
    and (
        entries.partner_id in (select open_redemptions.partner_id from open_redemptions)
        or entries.partner_id in (select homes.partner_id from homes)
        or entries.partner_id in (select homes.home_id from homes)
    )
group by entries.partner_id, entries.effective_date
