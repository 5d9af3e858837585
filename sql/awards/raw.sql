-- Grain: one award before rounding: event (its line or payment mode, its part), rule, strategy.
-- Inputs: bounded (awards with their size).
-- Meaning: SPEC 5, Strategies. raw_units are whole units of 0.00000001 points.
select
    event, event_date, event_rank, partner_id, event_no, source, distributor_id, document_no,
    document_type, fiscal_year, unit, line_no, part_no, tier,
    uses_proportions, first_on, rules_version, rule, rule_order, strategy, cast(null as varchar) as slab,
    case
        when type <> 'prorated' then null
        when basis = 'document_amount' then part_amount
        else cast(basis_thousandths * 0.001 as decimal(18, 2))
    end as basis_amount,
    case
        when type = 'prorated' and per_thousandths is null
            then cast(figure * 0.000001 as decimal(9, 6))
    end as rate,
    cast(coalesce(sign(basis_thousandths), 1) * size as bigint) as raw_units
from bounded
