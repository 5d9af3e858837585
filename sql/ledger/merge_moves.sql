-- Grain: one move that brings what a merged partner has to the partner it became: a future entry.
-- Inputs: entries (all of the program), homes (partner_id, home_id, merged_on: merges in effect);
--   $posted_on, $cycle (of that day).
-- Meaning: everything a partner has is to lie with its home: itself, or where merges lead by now.
--   What of a partner lies where is told by its own entries, those under its merge and, of
--   promises, the keys of its awards (held_key). Current points go by a pair of transfers, a debt in
--   the other direction; an open promise by a reversal and a promise with the accrual date it had.
--   A merge that was withdrawn, or leads elsewhere by now, brings back what it moved.
with owned as (
    select
        partner_id as holder_id,
        owner_of(partner_id, kind, allocation_key) as partner_id,
        award_key(allocation_key) as award, cycle, kind, from_account, to_account, points,
        event_date, accrual_date
    from entries
),

placed as (
    select
        owned.*, coalesce(homes.home_id, owned.partner_id) as home_id, homes.merged_on,
        case
            when homes.home_id is null
                then 'merge: partner ' || owned.partner_id || ' is itself again'
            else 'merge: partner ' || owned.partner_id || ' was merged into ' || homes.home_id
        end as reason
    from owned
    left join homes on homes.partner_id = owned.partner_id
    where owned.holder_id <> coalesce(homes.home_id, owned.partner_id)
),

current_points as (
    select
        holder_id, partner_id, home_id, reason, coalesce(merged_on, $posted_on) as event_date,
        sum(case when to_account = 'current' then points else 0 end)
        - sum(case when from_account = 'current' then points else 0 end) as points
    from placed
    where 'current' in (from_account, to_account)
    group by holder_id, partner_id, home_id, reason, merged_on
),

promises as (
    select
        holder_id, partner_id, home_id, reason, award, cycle, accrual_date,
        min(event_date) as event_date,
        sum(case when to_account = 'promised' then points else -points end) as points
    from placed
    where 'promised' in (from_account, to_account)
    group by holder_id, partner_id, home_id, reason, award, cycle, accrual_date
),

moves as (
    select
        holder_id as partner_id, $cycle as cycle, 'transfer' as kind, 'current' as account,
        -points as change, event_date, cast(null as date) as accrual_date,
        'merge/' || key_part(partner_id) as allocation_key, reason
    from current_points
    where points <> 0
    union all by name
    select
        home_id as partner_id, $cycle as cycle, 'transfer' as kind, 'current' as account,
        points as change, event_date, cast(null as date) as accrual_date,
        'merge/' || key_part(partner_id) as allocation_key, reason
    from current_points
    where points <> 0
    union all by name
    select
        holder_id as partner_id, cycle, 'reversal' as kind, 'promised' as account,
        -points as change, event_date, accrual_date,
        held_key(award, partner_id, holder_id) as allocation_key, reason
    from promises
    where points <> 0
    union all by name
    select
        home_id as partner_id, cycle, 'promise' as kind, 'promised' as account,
        points as change, event_date, accrual_date,
        held_key(award, partner_id, home_id) as allocation_key, reason
    from promises
    where points <> 0
)

select
    row_number() over (
        order by allocation_key, kind desc, partner_id, accrual_date, change
    ) as line,
    partner_id, cycle, kind,
    case
        when change < 0 then account
        when kind = 'transfer' then 'transfer'
        else 'issued'
    end as from_account,
    case
        when change > 0 then account
        when kind = 'transfer' then 'transfer'
        else 'issued'
    end as to_account,
    cast(abs(change) as decimal(18, 3)) as points,
    event_date,
    $posted_on as effective_date,
    $posted_on as book_date,
    accrual_date,
    $posted_on as posted_on,
    allocation_key,
    reason,
    cast(null as varchar) as rules_version
from moves
order by line
