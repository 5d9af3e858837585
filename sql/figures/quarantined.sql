-- Grain: one file and set of reasons of rows that wait for a correction, most rows first.
-- Asked of the published file. Inputs: quarantine; $source.
select remote_name, reasons, count(*) as quarantined
from quarantine
where source = $source and status = 'open' and line_no is not null
group by remote_name, reasons
order by quarantined desc, remote_name, reasons
