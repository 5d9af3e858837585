-- Grain: one month with claims. Inputs: resolved_claims.
select distinct strftime(document_date, '%Y-%m') as month from resolved_claims order by month
