-- Grain: one award of a cycle, or month, that has not ended. Inputs: rows_in (awards on their terms).
select * from rows_in where is_projected
