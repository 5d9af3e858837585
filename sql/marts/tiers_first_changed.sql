-- The first day from which liability by tier is another; null if it is not.
-- Inputs: tiers_changed, ledger_entries; $program.
-- Meaning: a stretch that only ends on another day changes from the earlier end on, any other
--   from its beginning; but never before the partner's first entry.
with stretches as (
    select
        partner_id, valid_from, count(*) as versions,
        min(coalesce(valid_to, date '9999-12-31')) as first_end,
        max(coalesce(valid_to, date '9999-12-31')) as last_end
    from tiers_changed
    group by partner_id, tier, valid_from
),

changed as (
    select
        partner_id, min(case when versions = 2 then first_end else valid_from end) as day
    from stretches
    where versions = 1 or first_end <> last_end
    group by partner_id
),

first_entries as (
    select partner_id, min(book_date) as day
    from ledger_entries
    where program = $program and partner_id in (select changed.partner_id from changed)
    group by partner_id
)

select min(greatest(changed.day, first_entries.day)) as day
from changed
join first_entries on first_entries.partner_id = changed.partner_id
