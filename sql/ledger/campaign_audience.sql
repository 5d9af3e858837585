-- Grain: one partner that a campaign may reach, as an event of its date.
-- Inputs: partner_history, partners (by file date), ledger_entries (all of the program), homes
--   (partner_id, home_id: partners merged by then); $day, $has_partner_feed.
-- Meaning: partners of the feed that are active and enrolled by the date; one without a date of
--   enrolment from the first file that names it on. Without a feed whoever has an entry.
--   A merged partner takes part as the one it became.
with enrolled as (
    select
        partner_id,
        coalesce(max_by(enrolled_on, valid_from), min(valid_from)) as enrolled_on
    from partners
    group by partner_id
),

of_feed as (
    select enrolled.partner_id
    from enrolled
    join partner_history
        on partner_history.partner_id = enrolled.partner_id
        and $day >= partner_history.seen_from
        and $day < partner_history.seen_to
    where
        $has_partner_feed
        and enrolled.enrolled_on <= $day
        and coalesce(partner_history.partner_status, 'active') <> 'inactive'
),

of_ledger as (
    select distinct partner_id from ledger_entries where not $has_partner_feed
),

of_either as (
    select partner_id from of_feed
    union
    select partner_id from of_ledger
),

-- The home of a merged partner has an account of its own, also where nothing was moved there yet.
asked as (
    select distinct
        case
            when $has_partner_feed then of_either.partner_id
            else coalesce(homes.home_id, of_either.partner_id)
        end as partner_id
    from of_either
    left join homes on homes.partner_id = of_either.partner_id
    where homes.home_id is null or not $has_partner_feed
)

select
    row_number() over (order by partner_id) as position,
    partner_id, cast($day as date) as event_date
from asked
