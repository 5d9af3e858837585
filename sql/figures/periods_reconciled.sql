-- Grain: one month of a source's sales and program, the latest first.
-- Asked of the published file. Inputs: reconciliation_by_period; $source, $most (rows).
select
    program, period, rows_staged, rows_counted, rows_waiting, rows_held, rows_superseded,
    amount_staged, amount_counted, amount_waiting, amount_held, amount_superseded, net_counted,
    agrees
from reconciliation_by_period
where source = $source
order by period desc, program
limit $most
