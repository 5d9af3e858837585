-- Grain: one month of a distributor (null: of all) in which documents may come or go.
-- Inputs: replaced_scopes, document_files, retracted (documents of earlier readings, with
--   filename), retracted_files (path, replaces, scope_month, scope_distributor).
select replaced_scopes.distributor_id, replaced_scopes.month
from replaced_scopes
join document_files using (file_rank)
where document_files.is_new
union
select scope_distributor as distributor_id, scope_month as month
from retracted_files
where replaces and scope_month is not null
union
select retracted.distributor_id, strftime(retracted.document_date, '%Y-%m') as month
from retracted
join retracted_files on retracted_files.path = retracted.filename
where retracted_files.replaces
