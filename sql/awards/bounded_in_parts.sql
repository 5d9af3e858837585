-- Grain: one award before rounding, with its size in units of 0.00000001 points.
-- Inputs: valued (awards before their bounds), of documents that may have parts on both sides of a
--   tier's threshold.
-- Meaning: bounds and steps are those of the whole document: each part gets what it adds to the parts
--   before it, of those that are worth anything at their tier.
with placed as (
    select
        *,
        figure = 0 or basis_thousandths = 0 as is_nothing,
        row_number() over of_award as place,
        sum(abs(basis_thousandths)) over of_award as basis_so_far
    from valued
    window of_award as (
        partition by
            partner_id, event_no, unit, line_no, rule, strategy,
            figure = 0 or basis_thousandths = 0
        order by part_no
    )
),

stepped as (
    select
        *,
        case
            when per_thousandths is null then abs(units)
            else figure * 100000 * (
                basis_so_far // per_thousandths
                - (basis_so_far - abs(basis_thousandths)) // per_thousandths
            )
        end as added_units
    from placed
),

summed as (
    select
        *,
        sum(added_units) over (
            partition by partner_id, event_no, unit, line_no, rule, strategy, is_nothing
            order by place rows unbounded preceding
        ) as units_so_far
    from stepped
)

select
    * exclude (is_nothing, place, basis_so_far, added_units, units_so_far),
    case
        when is_nothing then 0
        else within_bounds(units_so_far, minimum_units, maximum_units)
            - case
                when place = 1 then 0
                else within_bounds(units_so_far - added_units, minimum_units, maximum_units)
            end
    end as size
from summed
