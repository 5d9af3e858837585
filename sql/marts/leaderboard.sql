-- Grain: one partner and cycle with at least one counted document, or with points.
-- Inputs: partner_summary.
-- Meaning: ranked inside cycle and tier by points, then sales; ties share a rank. An open cycle
--   is ranked by what is posted for it and what it would pay besides as it stands, and
--   is_provisional says so.
with scored as (
    select
        program, cycle, tier, partner_id, net_sales,
        cast(points + projected_points as decimal(18, 3)) as points,
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
