-- Grain: one expected file, or one sequence number, of a source; what is missing comes first.
-- Inputs: coverage (published); $status, null for all.
select
    source, feed, period, distributor, sequence, status, expected_by, remote_name as file,
    blocks as holds_up_cycles_until
from coverage
where $status is null or status = $status
order by status = 'arrived', source, feed, period, distributor, sequence
