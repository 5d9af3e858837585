-- Grain: one award; of rules that use proportions one of each line of the document.
-- Inputs: rows_in (awards after caps), event_lines (net of returns), rounding (one row: step).
-- Meaning: a document's points are split over its lines with something left by their amounts, largest
--   remainder, ties to the earlier line (SPEC 5, Rules); of a return over its negative ones. What caps took is told at the first line.
with totals as (
    select
        *,
        sum(line_amount) over (
            partition by source, distributor_id, document_type, document_no, fiscal_year
        ) as document_amount
    from event_lines
),

lines as (
    select
        source, distributor_id, document_type, document_no, fiscal_year, line_no,
        cast(abs(line_amount) * 100 as hugeint) as cents,
        sum(cast(abs(line_amount) * 100 as hugeint)) over (
            partition by source, distributor_id, document_type, document_no, fiscal_year
        ) as document_cents,
        row_number() over (
            partition by source, distributor_id, document_type, document_no, fiscal_year
            order by line_no
        ) as line_place
    from totals
    where line_amount <> 0 and sign(line_amount) = sign(document_amount)
),

spread as (
    select
        rows_in.* exclude (line_no, unit), lines.line_no, lines.line_place, lines.cents,
        lines.document_cents, cast(lines.line_no as varchar) as unit,
        cast(rows_in.points * 1000 as hugeint) * 100000 // rounding.step as steps
    from rows_in
    cross join rounding
    join lines using (source, distributor_id, document_type, document_no, fiscal_year)
    where rows_in.uses_proportions
),

floored as (
    select
        *, abs(steps) * cents // document_cents as share,
        abs(steps) * cents % document_cents as rest
    from spread
),

ranked as (
    select
        *,
        row_number() over (of_award order by rest desc, line_no) as turn,
        abs(steps) - sum(share) over (of_award) as left_over
    from floored
    window of_award as (
        partition by partner_id, event_no, part_no, rule, strategy, promotion_order
    )
),

given as (
    select
        ranked.* exclude (points, rounded_points, capped_by, forgone_by, line_place, cents,
            document_cents, steps, share, rest, turn, left_over),
        units_as_points(
            cast(
                sign(ranked.steps)
                * (ranked.share + cast(ranked.turn <= ranked.left_over as integer))
                * rounding.step as bigint
            )
        ) as points,
        case when ranked.line_place = 1 then ranked.capped_by end as capped_by,
        case when ranked.line_place = 1 then ranked.forgone_by end as forgone_by,
        case when ranked.line_place = 1 then ranked.rounded_points - ranked.points else 0 end
            as forgone
    from ranked
    cross join rounding
)

-- A claim has no lines: it is the only one of its own.
select * from rows_in where not uses_proportions or document_type = 'claim'
union all by name
select * exclude (forgone), cast(points + forgone as decimal(18, 3)) as rounded_points
from given
