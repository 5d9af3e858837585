-- Grain: one move of points that the posted ledger lacks for the cycle: a future entry.
-- Inputs: desired (the cycle's point_allocations), entries (all commits that post to the cycle;
--   a release posts to several cycles, so others' entries are left out here), homes (partner_id,
--   home_id: merged partners);
--   $program, $cycle, $posted_on, $event_date (of the cycle), $cause, $rules_version.
-- Meaning: desired less posted, by allocation key and terms (SPEC 7, One mechanism).
--   What is current under a key, by award or release, stays current whatever the terms become;
--   only the open part of a promise follows the present accrual date. A decrease takes the open
--   promise first, the rest from current points. What is promised of a merged partner's award is
--   held by the partner it became; its current points are moved there afterwards (merge_moves).
with owned as (
    select
        origin_of(partner_id, allocation_key) as partner_id,
        award_key(allocation_key) as allocation_key,
        partner_id as holder_id, kind, from_account, to_account, points, event_date, accrual_date
    from entries
    where cycle = $cycle and kind in ('award', 'promise', 'release', 'reversal')
),

current_side as (
    select
        partner_id, allocation_key,
        cast(
            sum(case when to_account = 'current' then points else 0 end)
            - sum(case when from_account = 'current' then points else 0 end)
            as decimal(18, 3)
        ) as points,
        min(event_date) filter (where kind in ('award', 'promise')) as event_date
    from owned
    group by partner_id, allocation_key
),

open_promises as (
    select
        partner_id, allocation_key, accrual_date, holder_id,
        cast(
            sum(case when to_account = 'promised' then points else 0 end)
            - sum(case when from_account = 'promised' then points else 0 end)
            as decimal(18, 3)
        ) as points
    from owned
    where 'promised' in (from_account, to_account)
    group by partner_id, allocation_key, accrual_date, holder_id
),

compared as (
    select
        coalesce(desired.partner_id, current_side.partner_id) as partner_id,
        coalesce(desired.allocation_key, current_side.allocation_key) as allocation_key,
        coalesce(desired.event_date, current_side.event_date, $event_date) as event_date,
        desired.accrual_date,
        coalesce(desired.points, 0) as wanted,
        coalesce(current_side.points, 0) as held,
        current_side.partner_id is null as is_first
    from desired
    full join current_side
        on current_side.partner_id = desired.partner_id
        and current_side.allocation_key = desired.allocation_key
),

current_changes as (
    select
        partner_id, allocation_key, event_date, is_first,
        case
            when accrual_date is null then wanted - held
            else least(wanted - held, 0)
        end as change
    from compared
),

open_targets as (
    select
        compared.partner_id, compared.allocation_key, compared.accrual_date,
        coalesce(homes.home_id, compared.partner_id) as holder_id,
        compared.wanted - compared.held as points
    from compared
    left join homes on homes.partner_id = compared.partner_id
    where compared.accrual_date is not null and compared.wanted > compared.held
),

open_changes as (
    select
        coalesce(open_targets.partner_id, open_promises.partner_id) as partner_id,
        coalesce(open_targets.allocation_key, open_promises.allocation_key) as allocation_key,
        coalesce(open_targets.accrual_date, open_promises.accrual_date) as accrual_date,
        coalesce(open_targets.holder_id, open_promises.holder_id) as holder_id,
        coalesce(open_targets.points, 0) - coalesce(open_promises.points, 0) as change
    from open_targets
    full join open_promises
        on open_promises.partner_id = open_targets.partner_id
        and open_promises.allocation_key = open_targets.allocation_key
        and open_promises.accrual_date = open_targets.accrual_date
        and open_promises.holder_id = open_targets.holder_id
),

moves as (
    select
        partner_id as holder_id, allocation_key, event_date, is_first, change,
        cast(null as date) as accrual_date,
        case when change > 0 then 'award' else 'reversal' end as kind,
        'current' as account
    from current_changes
    where change <> 0
    union all by name
    select
        open_changes.holder_id,
        held_key(
            open_changes.allocation_key, open_changes.partner_id, open_changes.holder_id
        ) as allocation_key,
        compared.event_date,
        compared.is_first, open_changes.change, open_changes.accrual_date,
        case when open_changes.change > 0 then 'promise' else 'reversal' end as kind,
        'promised' as account
    from open_changes
    join compared
        on compared.partner_id = open_changes.partner_id
        and compared.allocation_key = open_changes.allocation_key
    where open_changes.change <> 0
)

select
    row_number() over (
        order by allocation_key, holder_id, account, accrual_date, kind
    ) as line,
    holder_id as partner_id, $cycle as cycle, kind,
    case when change > 0 then 'issued' else account end as from_account,
    case when change > 0 then account else 'issued' end as to_account,
    cast(abs(change) as decimal(18, 3)) as points,
    event_date,
    case when kind = 'promise' then event_date else $posted_on end as effective_date,
    event_date as book_date,
    accrual_date,
    $posted_on as posted_on,
    allocation_key,
    case when is_first then 'cycle award' else $cause end as reason,
    $rules_version as rules_version
from moves
order by line
