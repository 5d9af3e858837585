-- Grain: one event, with the day of its first evaluation and the points that were read for it.
-- Inputs: events_in (numbered), earlier_reads (event_reads of the cycle as promoted, or first days
--   of events that were evaluated before anything was read), entries (all of the program),
--   identities (partner_id, home_id, seen_from, seen_to: who a merged partner was when); $today.
-- Meaning: SPEC 5: conditions read the balances at the end of the day before the event's date, from
--   entries posted before the day of first evaluation; what was read is kept and read again. A
--   balance is of all who are the partner by the event's date, whenever a run moves their points.
with placed as (
    select
        events_in.event, events_in.source, events_in.distributor_id, events_in.document_no,
        events_in.document_type, events_in.fiscal_year, events_in.event_date,
        events_in.partner_id, events_in.event_no,
        earlier_reads.current_points is not null as was_read,
        coalesce(earlier_reads.first_on, cast($today as date)) as first_on,
        earlier_reads.current_points, earlier_reads.promised_points
    from events_in
    left join earlier_reads
        on earlier_reads.event = events_in.event
        and earlier_reads.source = events_in.source
        and earlier_reads.distributor_id is not distinct from events_in.distributor_id
        and earlier_reads.document_no = events_in.document_no
        and earlier_reads.document_type = events_in.document_type
        and earlier_reads.fiscal_year = events_in.fiscal_year
        and earlier_reads.event_date = events_in.event_date
        and earlier_reads.partner_id = events_in.partner_id
),

changes as (
    select
        owner_of(partner_id, kind, allocation_key) as partner_id, effective_date, posted_on,
        case when to_account = 'current' then points when from_account = 'current' then -points
            else 0 end as current_points,
        case when to_account = 'promised' then points when from_account = 'promised' then -points
            else 0 end as promised_points
    from entries
),

asked as (
    select partner_id, partner_id as holder_id, event_no, event_date, first_on
    from placed
    where not was_read
),

-- Of every event also those who are its partner by then, and without its partner if it is not itself.
holders as (
    select asked.*
    from asked
    left join identities
        on identities.partner_id = asked.partner_id
        and asked.event_date >= identities.seen_from
        and asked.event_date < identities.seen_to
    where identities.home_id is null or identities.home_id = asked.partner_id
    union all
    select
        asked.partner_id, identities.partner_id as holder_id, asked.event_no, asked.event_date,
        asked.first_on
    from asked
    join identities
        on identities.home_id = asked.partner_id
        and identities.partner_id <> asked.partner_id
        and asked.event_date >= identities.seen_from
        and asked.event_date < identities.seen_to
),

read_now as (
    select
        holders.partner_id, holders.event_no,
        sum(changes.current_points) as current_points,
        sum(changes.promised_points) as promised_points
    from holders
    join changes
        on changes.partner_id = holders.holder_id
        and changes.effective_date < holders.event_date
        and changes.posted_on < holders.first_on
    group by holders.partner_id, holders.event_no
)

select
    placed.event, placed.source, placed.distributor_id, placed.document_no, placed.document_type,
    placed.fiscal_year, placed.event_date, placed.partner_id, placed.event_no, placed.first_on,
    cast(
        coalesce(placed.current_points, read_now.current_points, 0) as decimal(18, 3)
    ) as current_points,
    cast(
        coalesce(placed.promised_points, read_now.promised_points, 0) as decimal(18, 3)
    ) as promised_points
from placed
left join read_now using (partner_id, event_no)
