-- Grain: one month in which a partner enrols, changes or scans.
-- Inputs: partners (history, all sources), scans (all sources).
select distinct strftime(coalesce(enrolled_on, valid_from), '%Y-%m') as month from partners
union
select distinct strftime(valid_from, '%Y-%m') as month from partners
union
select distinct strftime(scanned_on, '%Y-%m') as month from scans
order by month
