-- Grain: one return, credit note or cancellation in force that refers to an invoice.
-- Inputs: in_force.
-- Meaning: what it wants to take from which invoice. The original is the invoice of that number
--   of the same distributor with the given date, or else the latest not dated after the return
--   (SPEC 2, Returns), also where no invoice has the given date. A cancellation without a
--   reference means the invoice of its own number and takes all that is left of it. No original:
--   parked until the invoice comes.
with referring as (
    select
        file_rank, distributor_id, document_type, document_no, fiscal_year, document_date,
        original_document_date, amount, family_no,
        original_document_no is null as takes_all
    from in_force
    where
        document_type <> 'invoice'
        and (original_document_no is not null or document_type = 'cancellation')
),

matched as (
    select
        referring.file_rank, referring.distributor_id, referring.document_type,
        referring.document_no, referring.fiscal_year, referring.document_date,
        referring.takes_all, referring.family_no,
        -referring.amount as claimed,
        invoice.document_date as original_date,
        invoice.fiscal_year as original_fiscal_year,
        invoice.partner_id as original_partner_id,
        invoice.amount as original_amount,
        invoice.file_rank as original_file_rank,
        row_number() over (
            partition by
                referring.distributor_id, referring.document_type, referring.document_no,
                referring.fiscal_year
            order by
                coalesce(invoice.document_date = referring.original_document_date, false) desc,
                invoice.document_date desc, invoice.fiscal_year desc
        ) as choice
    from referring
    left join in_force as invoice
        on invoice.document_type = 'invoice'
        and invoice.distributor_id = referring.distributor_id
        and invoice.document_no = referring.family_no
        and (
            invoice.document_date = referring.original_document_date
            or invoice.document_date <= referring.document_date
        )
)

select
    file_rank, distributor_id, document_type, document_no, fiscal_year, document_date, takes_all,
    family_no, claimed, original_date, original_fiscal_year, original_partner_id,
    original_amount, original_file_rank
from matched
where choice = 1
