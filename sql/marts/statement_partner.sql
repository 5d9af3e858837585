-- Grain: one partner that a program knows, by its feed or by its ledger; no row if it does not.
-- Inputs: programs, partners, tier_history, ledger_entries; $program, $partner, $first, $last.
-- Meaning: what heads a statement: names, the tier in force at the end, current points before the
--   first day, and points still promised at the end of the last one.
with known as (
    select
        (
            select max_by(coalesce(partners.name, ''), partners.valid_from)
            from partners
            where partners.program = $program and partners.partner_id = $partner
        ) as partner_name,
        (
            select tier_history.tier
            from tier_history
            where
                tier_history.program = $program and tier_history.partner_id = $partner
                and tier_history.known_to is null
                and tier_history.valid_from
                <= coalesce(cast($last as date), date '9999-12-30')
                and coalesce(tier_history.valid_to, date '9999-12-31')
                > coalesce(cast($last as date), date '9999-12-30')
        ) as tier
),

moved as (
    select
        count(*) as entries,
        sum(case
            when to_account = 'current' then points
            when from_account = 'current' then -points
            else 0
        end) filter (where effective_date < coalesce(cast($first as date), date '0001-01-01'))
            as opening,
        sum(case
            when to_account = 'promised' then points
            when from_account = 'promised' then -points
            else 0
        end) filter (where effective_date <= coalesce(cast($last as date), date '9999-12-31'))
            as promised
    from ledger_entries
    where program = $program and partner_id = $partner
)

select
    programs.name as program_name, programs.currency, programs.business_date,
    nullif(known.partner_name, '') as partner_name, known.tier,
    cast(coalesce(moved.opening, 0) as decimal(18, 3)) as opening,
    cast(coalesce(moved.promised, 0) as decimal(18, 3)) as promised
from programs
cross join known
cross join moved
where
    programs.program = $program
    and (moved.entries > 0 or known.partner_name is not null or known.tier is not null)
