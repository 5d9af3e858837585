-- Grain: one release: partner, allocation key, accrual date and the day it takes effect.
-- Inputs: due_promises, accrued_events (position, holder_id, owner_id, event_group, accrual_date:
--   due events that rules release); $posted_on.
-- Meaning: every due promise, of those that rules are asked for the ones they release.
select
    row_number() over (
        order by
            due_promises.allocation_key, due_promises.partner_id, due_promises.accrual_date,
            due_promises.effective_date
    ) as line,
    due_promises.partner_id, due_promises.cycle, 'release' as kind,
    'promised' as from_account, 'current' as to_account,
    due_promises.points,
    due_promises.accrual_date as event_date,
    due_promises.effective_date,
    due_promises.accrual_date as book_date,
    due_promises.accrual_date,
    $posted_on as posted_on,
    due_promises.allocation_key,
    'promise accrued' as reason,
    cast(null as varchar) as rules_version
from due_promises
where
    not due_promises.is_asked
    or exists (
        select 1 from accrued_events
        where
            accrued_events.holder_id = due_promises.partner_id
            and accrued_events.owner_id = due_promises.owner_id
            and accrued_events.event_group = due_promises.event_group
            and accrued_events.accrual_date = due_promises.accrual_date
    )
order by line
