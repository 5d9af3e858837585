-- Grain: one award (SPEC 8), by partner, allocation key and tranche.
-- Inputs: rows_in (awards after caps, on their terms); $program, $cycle, $rules_hash.
-- Meaning: every stage leaves its figure in the row. The key says what business fact an award is:
--   cycle, event, rule, strategy, promotion, line or payment mode, tranche and the event's identity;
--   '-' stands where there is none. An award of the cycle has its key already.
with keyed as (
    select
        * replace (cast(tranche as integer) as tranche),
        coalesce(
            period_key,
            $cycle || '/' || event || '/' || rule || '/' || strategy || '/'
            || coalesce(promotion, '-') || '/' || coalesce(key_part(unit), '-') || '/' || tranche
            || case when part_no > 1 then '~' || part_no else '' end || '/'
            || case event
                when 'scan' then key_part(source) || '/' || key_part(document_no)
                when 'registration' then key_part(document_no)
                when 'customer_update' then key_part(document_no) || '/' || event_date
                when 'cycle_close' then key_part(document_no)
                else key_part(source) || '/' || coalesce(key_part(distributor_id), '-') || '/'
                    || document_type || '/' || key_part(document_no) || '/' || fiscal_year
            end
        ) as allocation_key
    from rows_in
),

-- What can be told of a row afterwards is not carried while rows are put in order.
in_order as (
    select
        partner_id, allocation_key, event, event_date, document_no, line_no, tier, slab, strategy,
        promotion, rule, basis_amount, rate, raw_points, multiplier, rounded_points, capped_by,
        points, tranche, accrual_date, rules_version, source, distributor_id, document_type,
        forgone_by
    from keyed
    order by partner_id, allocation_key
)

select
    $program as program, $cycle as cycle, partner_id, allocation_key, event, event_date,
    case when event in ('transaction', 'claim', 'scan') then document_no end as document_no,
    line_no, tier, slab, strategy,
    coalesce(promotion, rule) as rule,
    basis_amount, rate, raw_points, multiplier, rounded_points,
    cast(rounded_points - points as decimal(18, 3)) as forgone_points,
    capped_by, points, tranche, accrual_date,
    rules_version,
    $rules_hash as rules_hash,
    nullif(source, '') as source, nullif(distributor_id, '') as distributor_id,
    case when event in ('transaction', 'claim') then document_type end as document_type,
    forgone_by
from in_order
