-- Who won and lost most by changes of rules.
-- Grain: one partner, cycle and business date of posting; the fifty that moved most.
-- Meaning: what postings changed of a cycle's award because its rules had changed; before and
--   after are the points posted for the cycle around it. rules_version is the version applied.
-- Edit below, null meaning all programs.
-- Run: duckdb -readonly finance.duckdb < sql/finance/rule_change_movers.sql
with asked as (
    select cast(null as varchar) as program
),

posted as (
    select
        ledger_entries.program, ledger_entries.cycle, ledger_entries.partner_id,
        ledger_entries.batch_id, ledger_entries.posted_on,
        max(ledger_entries.rules_version) as rules_version,
        max(ledger_entries.reason) as reason,
        sum(case
            when ledger_entries.from_account = 'issued' then ledger_entries.points
            else -ledger_entries.points
        end) as change
    from ledger_entries
    join asked on coalesce(asked.program, ledger_entries.program) = ledger_entries.program
    where 'issued' in (ledger_entries.from_account, ledger_entries.to_account)
    group by
        ledger_entries.program, ledger_entries.cycle, ledger_entries.partner_id,
        ledger_entries.batch_id, ledger_entries.posted_on
),

running as (
    select
        program, cycle, partner_id, posted_on, rules_version, reason, change,
        sum(change) over (
            partition by program, cycle, partner_id order by batch_id rows unbounded preceding
        ) as points_after
    from posted
)

select
    program, cycle, partner_id, posted_on, rules_version, reason,
    cast(points_after - change as decimal(18, 3)) as points_before,
    cast(change as decimal(18, 3)) as change,
    cast(points_after as decimal(18, 3)) as points_after
from running
where reason in ('rules changed', 'sales and rules changed')
order by abs(change) desc, program, cycle, partner_id
limit 50
