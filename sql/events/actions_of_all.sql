-- Grain: one action of an event. Inputs: actions_in (actions of events).
select * from actions_in
