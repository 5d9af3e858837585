-- Grain: one message or coupon that an event asks for: none.
-- Inputs: no_notices.
-- Meaning: the cycle had some under rules before; the ones in force ask for none.
select * from no_notices
