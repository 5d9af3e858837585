-- Grain: one family of documents (distributor, invoice number).
-- Inputs: versions, retracted, touched_identities.
-- Meaning: the families of all versions of the touched documents: a return whose reference was
--   amended touches the family it leaves and the one it joins.
select versions.distributor_id, versions.family_no
from versions
semi join touched_identities
    using (distributor_id, document_type, document_no, fiscal_year)
union
select
    distributor_id,
    case
        when document_type = 'invoice' then document_no
        else coalesce(original_document_no, document_no)
    end as family_no
from retracted
