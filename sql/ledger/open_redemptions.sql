-- Grain: one redemption or reversal that is neither posted as it is now nor refused, due by today.
-- Inputs: redemptions (staged), entries (redemption entries), refusals (what was refused, and
--   for which file), partners (history), identities (partner_id, home_id, seen_from, seen_to: who a
--   merged partner was when), settings (has_partner_feed); $today.
-- Meaning: what is to be served, by date, then identity (SPEC 7). One of a partner that is not
--   known yet waits. A merged partner is judged as the one it was on the day; its entries stay its
--   own, and are moved afterwards (merge_moves). is_changed: it was posted with other figures,
--   which only a reversal can undo.
with done as (
    select allocation_key, partner_id, points, event_date
    from entries
    where kind in ('redemption', 'redemption_reversal')
),

keyed as (
    select
        redemptions.*,
        coalesce(identities.home_id, redemptions.partner_id) as judged_id,
        'redemption/' || case
            when reverses is null then key_part(redemption_id)
            else key_part(reverses) || '/reversal/' || key_part(redemption_id)
        end as allocation_key
    from redemptions
    left join identities
        on identities.partner_id = redemptions.partner_id
        and redemptions.redeemed_on >= identities.seen_from
        and redemptions.redeemed_on < identities.seen_to
)

select
    keyed.redemption_id, keyed.partner_id, keyed.redeemed_on, keyed.points, keyed.reverses,
    keyed.file_id, keyed.file_line,
    exists (
        select 1 from partners
        where
            partners.partner_id = keyed.judged_id
            and partners.status = 'inactive'
            and keyed.redeemed_on >= partners.valid_from
            and (partners.valid_to is null or keyed.redeemed_on < partners.valid_to)
    ) as is_inactive,
    done.allocation_key is not null as is_changed
from keyed
left join done on done.allocation_key = keyed.allocation_key
anti join refusals
    on refusals.redemption_id = keyed.redemption_id
    and refusals.file_id = keyed.file_id
where
    keyed.redeemed_on <= $today
    and (
        done.allocation_key is null
        or (done.partner_id, done.points, done.event_date)
        <> (keyed.partner_id, keyed.points, keyed.redeemed_on)
    )
    and (
        not (select settings.has_partner_feed from settings)
        or keyed.judged_id in (select partners.partner_id from partners)
    )
order by keyed.redeemed_on, keyed.redemption_id
