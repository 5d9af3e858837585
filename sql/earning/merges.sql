-- Grain: one merge of two partners.
-- Inputs: instructions (staged, all sources), partners (history); $has_partner_feed.
-- Meaning: what is instructed, whenever it takes effect. A partner is never merged with itself.
select distinct
    instructions.effective_on, instructions.instruction_id, instructions.partner_id,
    instructions.to_partner_id
from instructions
where
    instructions.kind = 'merge'
    and instructions.to_partner_id <> instructions.partner_id
    and (
        not $has_partner_feed
        or instructions.to_partner_id in (select partners.partner_id from partners)
    )
order by instructions.effective_on, instructions.instruction_id, instructions.partner_id
