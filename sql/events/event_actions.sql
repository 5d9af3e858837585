-- Grain: one message or coupon that an event asks for.
-- Inputs: found_actions (actions of events), capped_awards (awards after caps); $program, $cycle.
-- Meaning: event_key is the event's identity, as in allocation keys; points are what it earned.
with earned as (
    select partner_id, event_no, event_date, sum(points) as points
    from capped_awards
    where period_key is null
    group by partner_id, event_no, event_date
)

select
    $program as program, $cycle as cycle, found_actions.event, found_actions.event_date,
    found_actions.event || '/' || case found_actions.event
        when 'scan'
            then key_part(found_actions.source) || '/' || key_part(found_actions.document_no)
        when 'registration' then key_part(found_actions.document_no)
        when 'customer_update'
            then key_part(found_actions.document_no) || '/' || found_actions.event_date
        when 'cycle_close' then key_part(found_actions.document_no) || '/' || $cycle
        else key_part(found_actions.source) || '/'
            || coalesce(key_part(found_actions.distributor_id), '-') || '/'
            || found_actions.document_type || '/' || key_part(found_actions.document_no) || '/'
            || found_actions.fiscal_year
    end as event_key,
    found_actions.partner_id, found_actions.rule, found_actions.action, found_actions.target,
    cast(coalesce(earned.points, 0) as decimal(18, 3)) as points,
    found_actions.rules_version as version,
    row_number() over (
        order by
            found_actions.event_date, found_actions.event_rank, found_actions.source,
            found_actions.distributor_id, found_actions.document_no,
            found_actions.document_type, found_actions.fiscal_year, found_actions.partner_id,
            found_actions.action_order
    ) as position,
    case when found_actions.event in ('transaction', 'claim', 'scan')
        then found_actions.document_no end as document_no,
    found_actions.amount, found_actions.fields
from found_actions
left join earned
    on earned.partner_id = found_actions.partner_id
    and earned.event_no = found_actions.event_no
    and earned.event_date = found_actions.event_date
where found_actions.action in ('message', 'coupon')
order by position
