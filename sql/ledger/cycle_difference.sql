-- Grain: one move of points that the posted ledger lacks for the cycle: a future entry.
-- Inputs: desired (the cycle's point_allocations), entries (all commits that post to the cycle;
--   a release posts to several cycles, so others' entries are left out here), homes (partner_id,
--   home_id: merged partners), cycle_homes (the same, by the end of the cycle), kin (partner_id,
--   kin_id: partners of whom some merge ever made one);
--   $program, $cycle, $posted_on, $event_date (of the cycle), $cause, $rules_version.
-- Meaning: an award's rules version is that of its event, of what is taken back the cycle's.
--   desired less posted, by allocation key and terms (SPEC 7, One mechanism).
--   What is current under a key, by award or release, stays current whatever the terms become;
--   only the open part of a promise follows the present accrual date. What was forfeited under a
--   key is disposed of: it is neither promised again nor taken from current points. Both hold also
--   where the sale counts for who its partner became meanwhile: what was released of it is current
--   there at once. What is promised of a merged partner's award is held by the partner it became;
--   its current points are moved there afterwards (merge_moves). Awards of campaigns are final and
--   no part of this.
--   A decrease takes the open promises of the same event first, of all its keys, the latest
--   accrual first, and only the rest from current points: 13 direct and 12 promised, halved to
--   6 and 6, are 12 and 0. Direct points that the event gains are set off before that. Keys and
--   groups in need of it are found among the decreases, which are few.
with owned as (
    select
        origin_of(partner_id, allocation_key) as partner_id,
        award_key(allocation_key) as allocation_key,
        partner_id as holder_id, kind, from_account, to_account, points, event_date, accrual_date
    from entries
    where
        cycle = $cycle
        and kind in ('award', 'promise', 'release', 'reversal', 'forfeit')
        and not starts_with(allocation_key, $cycle || '/campaign/')
),

current_side as (
    select
        partner_id, allocation_key,
        cast(
            sum(case when to_account = 'current' then points else 0 end)
            - sum(case when from_account = 'current' then points else 0 end)
            as decimal(18, 3)
        ) as points,
        coalesce(sum(points) filter (where kind = 'forfeit'), 0) as forfeited,
        coalesce(
            min(event_date) filter (where kind in ('award', 'promise')), min(event_date)
        ) as event_date
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

-- Whose an award is that was somebody else's before: a sale is told by its key, an award of slabs
-- goes where the merges of the cycle lead.
of_kin as (
    select before.partner_id, desired.allocation_key, desired.partner_id as home_id
    from desired
    join kin on kin.partner_id = desired.partner_id
    join kin as before
        on before.kin_id = kin.kin_id and before.partner_id <> desired.partner_id
    where split_part(desired.allocation_key, '/', 2) <> 'slabs'
    union all
    select cycle_homes.partner_id, desired.allocation_key, desired.partner_id as home_id
    from desired
    join cycle_homes on cycle_homes.home_id = desired.partner_id
    where split_part(desired.allocation_key, '/', 2) = 'slabs'
),

passed_on as (
    select of_kin.*
    from of_kin
    anti join desired
        on desired.partner_id = of_kin.partner_id
        and desired.allocation_key = of_kin.allocation_key
),

-- What was done with awards that are somebody else's by now: forfeited and released there, too.
followed as (
    select
        coalesce(passed_on.home_id, current_side.partner_id) as partner_id,
        current_side.allocation_key,
        sum(current_side.forfeited) as forfeited,
        coalesce(
            sum(current_side.points) filter (
                where current_side.points > 0 and passed_on.home_id is not null
            ), 0
        ) as released
    from current_side
    left join passed_on
        on passed_on.partner_id = current_side.partner_id
        and passed_on.allocation_key = current_side.allocation_key
    where current_side.forfeited > 0 or passed_on.home_id is not null
    group by all
),

paired as (
    select
        coalesce(desired.partner_id, current_side.partner_id) as partner_id,
        coalesce(desired.allocation_key, current_side.allocation_key) as allocation_key,
        coalesce(desired.event_date, current_side.event_date, $event_date) as event_date,
        desired.accrual_date,
        coalesce(desired.points, 0) as wanted,
        coalesce(current_side.points, 0) as held,
        coalesce(followed.forfeited, 0) as forfeited,
        coalesce(followed.released, 0) as released,
        current_side.partner_id is null as is_first,
        coalesce(desired.rules_version, $rules_version) as rules_version
    from desired
    full join current_side
        on current_side.partner_id = desired.partner_id
        and current_side.allocation_key = desired.allocation_key
    left join followed
        on followed.partner_id = coalesce(desired.partner_id, current_side.partner_id)
        and followed.allocation_key
            = coalesce(desired.allocation_key, current_side.allocation_key)
),

-- By key: what current points are to lose, and what is still to come, at once or as a promise.
-- Negative points, those of a return without its invoice, are never promised: they are taken from
-- current points, and given back to them.
compared as (
    select
        partner_id, allocation_key, event_date, accrual_date, is_first, rules_version,
        greatest(held - wanted, 0) as decrease,
        case
            when accrual_date is null then greatest(wanted - held - forfeited, 0)
            else greatest(least(wanted, 0) - held, 0) + least(lacking, released)
        end as gain,
        case when accrual_date is null then 0 else lacking - least(lacking, released) end as promised
    from (
        select
            *, greatest(wanted - greatest(held, least(wanted, 0)) - forfeited, 0) as lacking
        from paired
    )
),

decreases as (
    select
        partner_id, allocation_key, award_group(allocation_key) as event_group, decrease
    from compared
    where decrease > 0
),

-- What keys of the partners concerned are still to get: only these are asked for their events.
to_come as (
    select
        compared.partner_id, compared.allocation_key, compared.accrual_date, compared.gain,
        compared.promised, award_group(compared.allocation_key) as event_group
    from compared
    where
        compared.gain + compared.promised > 0
        and compared.partner_id in (select decreases.partner_id from decreases)
),

decreased_groups as (
    select partner_id, event_group, sum(decrease) as decrease
    from decreases
    group by partner_id, event_group
),

-- How much of an event's decrease its open promises bear, in place of current points.
borne_groups as (
    select
        decreased_groups.partner_id, decreased_groups.event_group,
        least(
            greatest(decreased_groups.decrease - sum(to_come.gain), 0), sum(to_come.promised)
        ) as borne
    from decreased_groups
    join to_come
        on to_come.partner_id = decreased_groups.partner_id
        and to_come.event_group = decreased_groups.event_group
    group by decreased_groups.partner_id, decreased_groups.event_group, decreased_groups.decrease
),

spared as (
    select
        decreases.partner_id, decreases.allocation_key,
        greatest(
            least(
                decreases.decrease,
                borne_groups.borne - sum(decreases.decrease) over later_keys + decreases.decrease
            ), 0
        ) as points
    from decreases
    join borne_groups
        on borne_groups.partner_id = decreases.partner_id
        and borne_groups.event_group = decreases.event_group
    window later_keys as (
        partition by decreases.partner_id, decreases.event_group
        order by decreases.allocation_key desc
    )
),

borne as (
    select
        to_come.partner_id, to_come.allocation_key,
        greatest(
            least(
                to_come.promised,
                borne_groups.borne - sum(to_come.promised) over latest_first + to_come.promised
            ), 0
        ) as points
    from to_come
    join borne_groups
        on borne_groups.partner_id = to_come.partner_id
        and borne_groups.event_group = to_come.event_group
    where to_come.promised > 0
    window latest_first as (
        partition by to_come.partner_id, to_come.event_group
        order by to_come.accrual_date desc, to_come.allocation_key desc
    )
),

current_changes as (
    select
        compared.partner_id, compared.allocation_key, compared.event_date, compared.is_first,
        compared.rules_version,
        compared.gain - compared.decrease + coalesce(spared.points, 0) as change
    from compared
    left join spared
        on spared.partner_id = compared.partner_id
        and spared.allocation_key = compared.allocation_key
    where compared.decrease > 0 or compared.gain > 0
),

open_targets as (
    select
        compared.partner_id, compared.allocation_key, compared.accrual_date,
        coalesce(homes.home_id, compared.partner_id) as holder_id,
        compared.promised - coalesce(borne.points, 0) as points
    from compared
    left join homes on homes.partner_id = compared.partner_id
    left join borne
        on borne.partner_id = compared.partner_id
        and borne.allocation_key = compared.allocation_key
    where compared.promised > 0
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
        partner_id as holder_id, allocation_key, event_date, is_first, rules_version,
        change, cast(null as date) as accrual_date,
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
        compared.is_first, compared.rules_version, open_changes.change, open_changes.accrual_date,
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
    case
        when not is_first then $cause
        when split_part(allocation_key, '/', 2) = 'slabs' then 'cycle award'
        else 'award'
    end as reason,
    rules_version
from moves
order by line
