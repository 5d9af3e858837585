-- Grain: one action besides awards of one event: a message, a coupon, a change of tier.
-- Inputs: matched (events that match a rule, with rule_no), rule_actions.
-- Meaning: what sells nothing only takes points back. What lines or parts of one event say twice
--   happens once, and its text names the first of them.
select
    matched.event, matched.event_date, matched.event_rank, matched.partner_id, matched.event_no,
    matched.source, matched.distributor_id, matched.document_no, matched.document_type,
    matched.fiscal_year, matched.amount, matched.rules_version,
    rule_actions.rule, rule_actions.action, rule_actions.target, rule_actions.target_rank,
    min(rule_actions.action_order) as action_order,
    first(matched.fields order by matched.part_no, matched.line_no, matched.unit, matched.fields) as fields
from matched
join rule_actions on rule_actions.rule_no = matched.rule_no
where sells(matched.amount, matched.net_sales, matched.unit_amount)
group by all
