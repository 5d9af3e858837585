-- Grain: one event, or award of the cycle, that the last posting of the cycle evaluated.
-- Inputs: evaluated (events by posting: place, first_on; what was kept before those has place -1, and
--   balances); $last (place of the last posting).
-- Meaning: the day of the first of the postings that evaluated it one after another up to the last.
--   The columns are those of event_reads; balances are null where nobody has read them yet.
with backwards as (
    select
        *,
        row_number() over (
            partition by
                event, source, distributor_id, document_no, document_type, fiscal_year, event_date,
                partner_id
            order by place desc
        ) as number
    from evaluated
)

select
    event, source, distributor_id, document_no, document_type, fiscal_year, event_date, partner_id,
    min(first_on) as first_on,
    max(current_points) as current_points, max(promised_points) as promised_points
from backwards
where place = $last - number + 1
group by
    event, source, distributor_id, document_no, document_type, fiscal_year, event_date, partner_id
order by
    event, source, distributor_id, document_no, document_type, fiscal_year, event_date, partner_id
