-- Grain: one document of the month as it was before, of a family nothing touched.
-- Inputs: earlier_documents (the month's file in force), touched_families.
select earlier_documents.*
from earlier_documents
anti join touched_families
    on touched_families.distributor_id = earlier_documents.distributor_id
    and touched_families.family_no = case
        when earlier_documents.document_type = 'invoice' then earlier_documents.document_no
        else coalesce(earlier_documents.original_document_no, earlier_documents.document_no)
    end
