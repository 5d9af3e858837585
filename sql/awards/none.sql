-- Grain: none: no award has the columns of rows_in. Inputs: rows_in.
select * from rows_in where false
