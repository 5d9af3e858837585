-- Grain: one event of a partner who earns on its date.
-- Inputs: events_in (partner_id, event_date, …), homes (partner_id, home_id, merged_on), partners
--   (history, all sources), settings (one row: before_enrolment, has_partner_feed).
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
        case
            when events_in.event_date >= homes.merged_on then homes.home_id
            else events_in.partner_id
        end as judged_id
    from events_in
    left join homes using (partner_id)
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
