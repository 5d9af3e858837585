-- Grain: one line of an invoice and one return that took of it, as before, of a family nothing
--   touched.
-- Inputs: earlier_returned_lines (the month's file in force), touched_families.
select earlier_returned_lines.*
from earlier_returned_lines
anti join touched_families
    on touched_families.distributor_id = earlier_returned_lines.distributor_id
    and touched_families.family_no = earlier_returned_lines.document_no
