-- Grain: one line of a document that is held back.
-- Inputs: document_states, document_files (file_id, lines_path), sales_lines (of the files
--   concerned, with filename).
-- Meaning: where the lines of held documents stand in their files, so
--   that the quarantine can show them as they came.
select
    document_states.file_id, sales_lines.file_line, document_states.state,
    document_states.distributor_id || '/' || document_states.document_no as subject
from sales_lines
join document_files on document_files.lines_path = sales_lines.filename
join document_states
    on document_states.file_id = document_files.file_id
    and document_states.distributor_id = sales_lines.distributor_id
    and document_states.document_type = sales_lines.document_type
    and document_states.document_no = sales_lines.document_no
    and document_states.fiscal_year = sales_lines.fiscal_year
where document_states.state not in ('superseded', 'removed')
order by document_states.file_id, sales_lines.file_line
