-- Grain: one redemption or reversal that is neither posted nor refused, due by today.
-- Inputs: redemptions (staged), entries (redemption entries), refusals (what was refused, and
--   for which file), partners (history), settings (has_partner_feed); $today.
-- Meaning: in the order in which they are served: by date, then identity (SPEC 7). partner_status
--   is null for a partner that is not known yet, whose redemption waits.
with done as (
    select allocation_key
    from entries
    where kind in ('redemption', 'redemption_reversal')
)

select
    redemptions.redemption_id, redemptions.partner_id, redemptions.redeemed_on,
    redemptions.points, redemptions.reverses, redemptions.file_id, redemptions.file_line,
    exists (
        select 1 from partners
        where
            partners.partner_id = redemptions.partner_id
            and partners.status = 'inactive'
            and redemptions.redeemed_on >= partners.valid_from
            and (partners.valid_to is null or redemptions.redeemed_on < partners.valid_to)
    ) as is_inactive
from redemptions
anti join done
    on done.allocation_key = case
        when redemptions.reverses is null then 'redemption/' || redemptions.redemption_id
        else 'redemption/' || redemptions.reverses || '/reversal/' || redemptions.redemption_id
    end
anti join refusals
    on refusals.redemption_id = redemptions.redemption_id
    and refusals.file_id = redemptions.file_id
where
    redemptions.redeemed_on <= $today
    and (
        not (select settings.has_partner_feed from settings)
        or redemptions.partner_id in (select partners.partner_id from partners)
    )
order by redemptions.redeemed_on, redemptions.redemption_id
