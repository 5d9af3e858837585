-- Grain: one event that a ruleset is asked about.
-- Inputs: events_in, asked (one row: event, seen_from, seen_to: the days of its version; has_claim:
--   the version has rules for claims of their own).
-- Meaning: an approved claim raises `claim` where there are rules for it, else `transaction`.
select events_in.* replace (asked.event as event)
from events_in
cross join asked
where
    events_in.event_date >= asked.seen_from and events_in.event_date < asked.seen_to
    and case asked.event
        when 'claim' then events_in.document_type = 'claim'
        when 'transaction'
            then events_in.event = 'transaction'
                and not (asked.has_claim and events_in.document_type = 'claim')
        else events_in.event = asked.event
    end
