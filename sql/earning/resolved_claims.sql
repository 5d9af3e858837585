-- Grain: one claim of a program's sources dated up to today.
-- Inputs: claims and sales_documents (staged, all sources, with filename), claim_files and
--   document_files (path, source, fiscal_start: first month of the source's fiscal year), homes
--   (partner_id, home_id: merged partners); $fiscal_start, $today.
-- Meaning: an approved claim stands for its invoice until that arrives from a DMS: of the same
--   partner, number and fiscal year, and distributor if the claim names one (SPEC 2). What is held
--   back has not arrived. An invoice that is claimed twice counts once, for the claim that was
--   approved first. status: counted, superseded, submitted, rejected; reason says why in words.
with claimed as (
    select
        claim_files.source, claims.claim_id, claims.partner_id, claims.distributor_id,
        claims.document_no, claims.document_date, claims.amount, claims.status,
        claims.reviewed_on, coalesce(homes.home_id, claims.partner_id) as home_id,
        cast(
            year(claims.document_date)
            - cast(month(claims.document_date) < $fiscal_start as integer) as smallint
        ) as fiscal_year
    from claims
    join claim_files on claim_files.path = claims.filename
    left join homes on homes.partner_id = claims.partner_id
    where claims.document_date <= $today
),

invoices as (
    select
        document_files.source, document_files.fiscal_start, documents.distributor_id,
        documents.document_no, documents.document_date, documents.fiscal_year,
        coalesce(homes.home_id, documents.partner_id) as home_id
    from sales_documents as documents
    join document_files on document_files.path = documents.filename
    left join homes on homes.partner_id = documents.partner_id
    where
        documents.document_type = 'invoice'
        and documents.document_no in (select claimed.document_no from claimed)
),

arrived as (
    select
        claimed.source, claimed.claim_id,
        min(
            'invoice ' || invoices.document_no || ' of distributor ' || invoices.distributor_id
            || ' and ' || invoices.document_date || ' came from source ' || invoices.source
        ) as invoice
    from claimed
    join invoices
        on invoices.document_no = claimed.document_no
        and invoices.home_id = claimed.home_id
        and invoices.fiscal_year
        = year(claimed.document_date)
        - cast(month(claimed.document_date) < invoices.fiscal_start as integer)
        and (
            claimed.distributor_id is null
            or claimed.distributor_id = invoices.distributor_id
        )
    group by claimed.source, claimed.claim_id
),

approved as (
    select
        *,
        row_number() over (
            order by coalesce(reviewed_on, date '9999-12-31'), claim_id, source
        ) as place
    from claimed
    where status = 'approved'
),

claimed_before as (
    select
        later.source, later.claim_id, arg_min(earlier.claim_id, earlier.place) as earlier_claim
    from approved as later
    join approved as earlier
        on earlier.home_id = later.home_id
        and earlier.document_no = later.document_no
        and earlier.fiscal_year = later.fiscal_year
        and earlier.place < later.place
        and (
            earlier.distributor_id is null
            or later.distributor_id is null
            or earlier.distributor_id = later.distributor_id
        )
    group by later.source, later.claim_id
),

told as (
    select
        claimed.*, arrived.invoice, claimed_before.earlier_claim,
        'claim ' || claimed.claim_id || ', ' || claimed.status
        || coalesce(' on ' || claimed.reviewed_on, '') as said
    from claimed
    left join arrived using (source, claim_id)
    left join claimed_before using (source, claim_id)
)

select
    source, claim_id, distributor_id, document_no, fiscal_year, document_date, partner_id, amount,
    case
        when status <> 'approved' then status
        when invoice is not null or earlier_claim is not null then 'superseded'
        else 'counted'
    end as status,
    said || case
        when status <> 'approved' then ''
        when invoice is not null then '; superseded: ' || invoice
        when earlier_claim is not null
            then '; superseded: claim ' || earlier_claim || ' is for the same invoice'
        else ', until its invoice comes'
    end as reason
from told
