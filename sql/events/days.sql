-- Grain: one kind of event and day on which there may be one.
-- Inputs: partners (history, all sources), scans (all sources).
select distinct 'registration' as event, coalesce(enrolled_on, valid_from) as day from partners
union
select distinct 'customer_update' as event, valid_from as day from partners
union
select distinct 'scan' as event, scanned_on as day from scans
order by event, day
