-- Who is closest to the next slab in the open cycle.
-- Grain: one partner of an open cycle; the fifty with the smallest gap a program.
-- Meaning: sales missing to the next slab, and what reaching it exactly would pay against what
--   the cycle would pay as it stands.
-- Edit below, null meaning all programs.
-- Run: duckdb -readonly finance.duckdb < sql/finance/next_slab.sql
with asked as (
    select cast(null as varchar) as program
),

names as (
    select program, partner_id, max_by(name, valid_from) as name
    from partners
    group by program, partner_id
)

select
    summary.program, summary.cycle, summary.partner_id, names.name, summary.net_sales,
    summary.slab, summary.next_slab, summary.gap_to_next_slab, summary.projected_points,
    summary.points_at_next_slab
from partner_summary as summary
join asked on coalesce(asked.program, summary.program) = summary.program
left join names on names.program = summary.program and names.partner_id = summary.partner_id
where summary.cycle_state = 'open' and summary.next_slab is not null
qualify row_number() over (
    partition by summary.program order by summary.gap_to_next_slab, summary.partner_id
) <= 50
order by summary.program, summary.gap_to_next_slab, summary.partner_id
