-- Grain: one row: how many versions are dated after today.
-- Inputs: candidates; $today.
select count(*) as versions from candidates where document_date > $today
