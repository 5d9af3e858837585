-- Removes the days of a program that are computed again. Inputs: $program, $from_date.
delete from liability_daily where program = $program and date >= $from_date
