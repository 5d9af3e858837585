-- Grain: one open promise of partners about whom there are instructions, as open_promises has it.
-- Inputs: open_promises, homes (partner_id, home_id: merged partners), asked_partners.
-- Meaning: home_id is the partner whose it is by now. document_no is that of the award's document;
--   awards of other events and of cycles have none.
select
    open_promises.partner_id, coalesce(homes.home_id, open_promises.owner_id) as home_id,
    open_promises.cycle, open_promises.allocation_key, open_promises.accrual_date,
    open_promises.posted_on, open_promises.points,
    case
        when split_part(open_promises.allocation_key, '/', 2) in ('transaction', 'claim')
            then identity_of(split_part(award_key(open_promises.allocation_key), '/', 11))
    end as document_no
from open_promises
left join homes on homes.partner_id = open_promises.owner_id
where open_promises.owner_id in (select asked_partners.partner_id from asked_partners)
order by
    open_promises.accrual_date, open_promises.allocation_key, open_promises.partner_id,
    open_promises.posted_on
