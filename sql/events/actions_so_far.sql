-- Grain: one action of an event. Inputs: actions_in (actions of events).
-- Meaning: while the cycle is open nothing happens at its close.
select * from actions_in where event <> 'cycle_close'
