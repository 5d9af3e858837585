-- Grain: one line of a document that is an event, net of returns.
-- Inputs: document_events, sales_lines (files in force, with filename), line_files (path, source,
--   file_id), sales_document_states (with filename), state_files (path, source),
--   sales_returned_lines (with filename), returned_files (path, source).
-- Meaning: a version that sales_document_states does not name counts. Where returns say which lines
--   they take, those are told line by line; else they take of all lines in proportion, by
--   largest remainder, all returns of a document together, so that their order does not matter.
--   Claims have no lines.
with identities as (
    select distinct source, distributor_id, document_type, document_no, fiscal_year
    from document_events
),

in_force as (
    select
        line_files.source, line_files.file_id, sales_lines.distributor_id,
        sales_lines.document_type, sales_lines.document_no, sales_lines.fiscal_year,
        sales_lines.line_no, sales_lines.sku, sales_lines.category, sales_lines.tender_type,
        sales_lines.quantity, sales_lines.amount
    from sales_lines
    join line_files on line_files.path = sales_lines.filename
    semi join identities
        on identities.source = line_files.source
        and identities.distributor_id = sales_lines.distributor_id
        and identities.document_type = sales_lines.document_type
        and identities.document_no = sales_lines.document_no
        and identities.fiscal_year = sales_lines.fiscal_year
    anti join (
        select
            state_files.source, sales_document_states.file_id,
            sales_document_states.distributor_id, sales_document_states.document_type,
            sales_document_states.document_no, sales_document_states.fiscal_year
        from sales_document_states
        join state_files on state_files.path = sales_document_states.filename
    ) as set_aside
        on set_aside.source = line_files.source
        and set_aside.file_id = line_files.file_id
        and set_aside.distributor_id = sales_lines.distributor_id
        and set_aside.document_type = sales_lines.document_type
        and set_aside.document_no = sales_lines.document_no
        and set_aside.fiscal_year = sales_lines.fiscal_year
),

told as (
    select
        returned_files.source, sales_returned_lines.distributor_id,
        sales_returned_lines.document_no, sales_returned_lines.fiscal_year,
        sales_returned_lines.line_no,
        sum(sales_returned_lines.amount) as amount,
        sum(sales_returned_lines.quantity) as quantity
    from sales_returned_lines
    join returned_files on returned_files.path = sales_returned_lines.filename
    group by all
),

detailed as (
    select distinct source, distributor_id, document_no, fiscal_year from told
),

placed as (
    select
        in_force.*,
        document_events.amount as net_amount, document_events.full_amount,
        detailed.source is not null as is_detailed,
        coalesce(told.amount, 0) as told_amount,
        coalesce(told.quantity, 0) as told_quantity
    from in_force
    join document_events using (source, distributor_id, document_type, document_no, fiscal_year)
    left join detailed
        on in_force.document_type = 'invoice'
        and detailed.source = in_force.source
        and detailed.distributor_id = in_force.distributor_id
        and detailed.document_no = in_force.document_no
        and detailed.fiscal_year = in_force.fiscal_year
    left join told
        on in_force.document_type = 'invoice'
        and told.source = in_force.source
        and told.distributor_id = in_force.distributor_id
        and told.document_no = in_force.document_no
        and told.fiscal_year = in_force.fiscal_year
        and told.line_no = in_force.line_no
),

-- What returns that name no lines took: of each line its share, in cents and in thousandths.
shared as (
    select
        *,
        cast((full_amount - net_amount) * 100 as bigint) as taken_cents,
        cast(amount * 100 as hugeint) * cast((full_amount - net_amount) * 100 as hugeint)
            as weighted_cents,
        cast(full_amount * 100 as hugeint) as full_cents
    from placed
),

floored as (
    select
        *,
        floored_share(weighted_cents, full_cents) as share_cents,
        weighted_cents - floored_share(weighted_cents, full_cents) * full_cents as share_rest
    from shared
),

ranked as (
    select
        *,
        row_number() over (
            partition by source, distributor_id, document_type, document_no, fiscal_year
            order by share_rest desc, line_no
        ) as place,
        taken_cents - sum(share_cents) over (
            partition by source, distributor_id, document_type, document_no, fiscal_year
        ) as left_over
    from floored
),

net as (
    select
        *,
        case
            when is_detailed then cast(amount - told_amount as decimal(18, 2))
            else cast(
                amount - cast(share_cents + cast(place <= left_over as integer) as bigint) * 0.01
                as decimal(18, 2)
            )
        end as line_amount
    from ranked
)

select
    source, distributor_id, document_type, document_no, fiscal_year, line_no, sku, category,
    tender_type, line_amount,
    case
        -- Goods that come back go the way of their amount, however the file signs them.
        when document_type <> 'invoice'
            then cast(case when amount > 0 then 1 else -1 end * abs(quantity) as decimal(18, 3))
        when is_detailed then cast(quantity - told_quantity as decimal(18, 3))
        else quantity  -- a share of the whole invoice gives money back, and no goods
    end as line_quantity
from net
