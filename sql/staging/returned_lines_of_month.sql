-- Grain: one line of an invoice dated in the month, and one return that took of it.
-- Inputs: returned_lines, in_force, kept_returned_lines (the month as it was, without the touched
--   families); $month_start, $month_end.
-- Meaning: amount and quantity are what the return takes of the line; what is left of a line is
--   its own less those of all returns. Only of invoices with a return that says which lines or
--   goods it takes back; of others returns take of all lines in proportion.
with of_month as (
    select
        returned_lines.distributor_id, returned_lines.document_no, returned_lines.fiscal_year,
        returned_lines.line_no, returned_lines.return_type, returned_lines.return_no,
        returned_lines.return_fiscal_year, returned_lines.amount, returned_lines.quantity
    from returned_lines
    join in_force
        on in_force.document_type = 'invoice'
        and in_force.distributor_id = returned_lines.distributor_id
        and in_force.document_no = returned_lines.document_no
        and in_force.fiscal_year = returned_lines.fiscal_year
    where in_force.document_date >= $month_start and in_force.document_date < $month_end
)

select * from of_month
union all by name
select * from kept_returned_lines
order by
    document_no, distributor_id, fiscal_year, line_no, return_no, return_type, return_fiscal_year
