-- Grain: one award, with the columns of point_allocations.
-- Inputs: documents (sales_documents of a quarter), holdings (partner_id, tier, valid_from, valid_to).
-- Meaning: what somebody would write by hand for the program of benchmarks/earning.py and nothing
--   else: a rate by tier, two rules, a monthly cap of each partner, seven days promised.
with tiered as (
    select
        documents.*, coalesce(holdings.tier, 'Base') as tier
    from documents
    left join holdings
        on holdings.partner_id = documents.partner_id
        and documents.document_date >= holdings.valid_from
        and documents.document_date < holdings.valid_to
    where documents.status = 'counted' and documents.original_date is null
),

matched as (
    select
        *,
        unnest(list_filter(
            [
                case when net_amount >= 100 then 1 end,
                case when net_amount >= 9000 and document_date >= date '2025-06-01' then 2 end
            ],
            lambda rule: rule is not null
        )) as rule_no
    from tiered
),

raw as (
    select
        *,
        case rule_no
            when 1 then cast(net_amount * 100 as bigint)
                * case tier when 'Gold' then 15000 when 'Silver' then 12000 else 10000 end
            else 1000000000
        end as units
    from matched
),

rounded as (
    select
        *,
        cast((units + 50000000) // 100000000 as decimal(18, 3)) as rounded_points,
        row_number() over (
            partition by partner_id
            order by document_date, distributor_id, document_no, document_type, fiscal_year, rule_no
        ) as place
    from raw
),

capped as (
    select
        *,
        sum(rounded_points) over (
            partition by partner_id, date_trunc('month', document_date) order by place
            rows unbounded preceding
        ) as level
    from rounded
),

paid as (
    select
        *,
        cast(least(level, 500) - least(level - rounded_points, 500) as decimal(18, 3)) as points
    from capped
)

select
    'bench' as program, '2025-04' as cycle, partner_id,
    '2025-04/transaction/' || case rule_no when 1 then 'earn/base' else 'large/extra' end
    || '/-/-/1/dms/' || distributor_id || '/' || document_type || '/' || document_no || '/'
    || fiscal_year as allocation_key,
    'transaction' as event, document_date as event_date, document_no,
    cast(null as integer) as line_no, tier, cast(null as varchar) as slab,
    case rule_no when 1 then 'base' else 'extra' end as strategy,
    case rule_no when 1 then 'earn' else 'large' end as rule,
    case rule_no when 1 then net_amount end as basis_amount,
    case rule_no when 1 then
        cast(case tier when 'Gold' then 0.015 when 'Silver' then 0.012 else 0.01 end
            as decimal(9, 6)) end as rate,
    cast(cast(units as decimal(38, 0)) * 0.00000001 as decimal(18, 8)) as raw_points,
    cast(1 as decimal(9, 3)) as multiplier, rounded_points,
    cast(rounded_points - points as decimal(18, 3)) as forgone_points,
    case when points <> rounded_points then 'monthly' end as capped_by, points, 1 as tranche,
    document_date + 8 as accrual_date, '2025-04-01' as rules_version, 'none' as rules_hash,
    'dms' as source, distributor_id, document_type,
    case when points <> rounded_points then 'monthly=' || (rounded_points - points) end
        as forgone_by
from paid
order by partner_id, allocation_key
