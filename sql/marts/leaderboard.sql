-- Grain: one partner and cycle with at least one counted document.
-- Inputs: partner_summary.
-- Meaning: ranked inside cycle and tier by points, then sales; ties share a rank. An open cycle
--   is ranked by what it would pay as it stands, and is_provisional says so.
with scored as (
    select
        program, cycle, tier, partner_id, net_sales,
        case when cycle_state = 'closed' then points else projected_points end as points,
        cycle_state <> 'closed' as is_provisional
    from partner_summary
)

select
    program, cycle, tier,
    rank() over (
        partition by program, cycle, tier order by points desc, net_sales desc
    ) as rank,
    partner_id, net_sales, points, is_provisional
from scored
