-- Grain: one promotion that an event (its part, or its line) matches.
-- Inputs: matched (events that match a rule, with rule_no), rule_promotions.
select distinct
    matched.partner_id, matched.event_no, matched.part_no, matched.unit, matched.line_no,
    rule_promotions.promotion, rule_promotions.promotion_order
from matched
join rule_promotions on rule_promotions.rule_no = matched.rule_no
