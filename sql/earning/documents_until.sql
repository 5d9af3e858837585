-- Grain: one document of the table dated before a day. Inputs: slab_documents; $until (exclusive).
select * from slab_documents where document_date < $until
