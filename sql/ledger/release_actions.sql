-- Grain: one action of a rule for a promise that is released: once, since a promise is released
--   once. Its key names whose award it is: those of slabs have no document that tells them apart.
-- Inputs: matches (due events with rule_no), accrued (those that are released), rule_actions
--   (rule_no, place, rule, action, target); $program, $version.
select
    $program as program, matches.cycle, 'delayed_accrual' as event,
    matches.accrual_date as event_date,
    'delayed_accrual/' || matches.accrual_date || '/' || matches.event_group || '/'
    || key_part(matches.owner_id) as event_key,
    matches.partner_id, rule_actions.rule, rule_actions.action, rule_actions.target,
    matches.points, $version as version, matches.position, matches.document_no,
    cast(null as decimal(18, 2)) as amount, matches.fields,
    rule_actions.rule_no, rule_actions.place
from matches
join accrued on accrued.position = matches.position
join rule_actions on rule_actions.rule_no = matches.rule_no
