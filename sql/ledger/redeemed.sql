-- Grain: one posted redemption, with what reversals have given back of it.
-- Inputs: entries (redemption entries).
with parts as (
    select
        partner_id, kind, points,
        identity_of(split_part(allocation_key, '/', 2)) as redemption_id
    from entries
    where kind in ('redemption', 'redemption_reversal')
)

select
    redemption_id, partner_id,
    cast(
        sum(case when kind = 'redemption' then points else -points end) as decimal(18, 3)
    ) as remaining
from parts
group by redemption_id, partner_id
