-- Grain: one event of a partner who earns on its date.
-- Inputs: events_in (partner_id, event_date, …), homes (partner_id, home_id), identities
--   (partner_id, home_id, seen_from, seen_to: who a merged partner was when), partners (history, all sources), settings (one row: before_enrolment, has_partner_feed).
-- Meaning: as earning/cycle_documents judges of documents: not of partners nobody knows yet, not
--   before their enrolment, not while they are inactive; a merged partner's events are those of
--   the one it became.
with partner_now as (
    select partner_id, max_by(enrolled_on, valid_from) as enrolled_on
    from partners
    group by partner_id
),

inactive as (
    select partner_id, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to
    from partners
    where status = 'inactive'
),

owned as (
    select
        events_in.*,
        coalesce(homes.home_id, events_in.partner_id) as home_id,
        coalesce(identities.home_id, events_in.partner_id) as judged_id
    from events_in
    left join homes on homes.partner_id = events_in.partner_id
    left join identities
        on identities.partner_id = events_in.partner_id
        and events_in.event_date >= identities.seen_from
        and events_in.event_date < identities.seen_to
)

select owned.* exclude (home_id, judged_id) replace (owned.home_id as partner_id)
from owned
cross join settings
left join partner_now on partner_now.partner_id = owned.judged_id
where
    not (settings.has_partner_feed and partner_now.partner_id is null)
    and not (
        settings.before_enrolment = 'ignore'
        and coalesce(owned.event_date < partner_now.enrolled_on, false)
    )
    and not exists (
        select 1
        from inactive
        where
            inactive.partner_id = owned.judged_id
            and owned.event_date >= inactive.valid_from
            and owned.event_date < inactive.valid_to
    )
