-- Grain: one invoice with a return that says which lines or goods it takes back.
-- Inputs: return_lines.
-- Meaning: what returns leave of these is told line by line; of all others the total is enough.
select distinct distributor_id, family_no, original_fiscal_year
from return_lines
where original_line_no is not null or sku is not null
