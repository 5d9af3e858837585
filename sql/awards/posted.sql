-- Grain: one award that is posted. Inputs: rows_in (awards on their terms).
select * from rows_in where not is_projected
