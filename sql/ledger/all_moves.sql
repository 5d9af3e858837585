-- Grain: one move of points, in the order of its lines: the entries of one commit.
-- Inputs: moves (what a commit is about to post).
select
    line, partner_id, cycle, kind, from_account, to_account, points, event_date, effective_date,
    book_date, accrual_date, posted_on, allocation_key, reason, rules_version
from moves
order by line
