-- Grain: one message by one channel, or one coupon: as the last commit that names it says.
-- Inputs: notices (of all commits), homes.
-- Meaning: a partner that was merged goes on under the one it became. A window reads a bare home_id
--   as the column of homes, which is null for nearly everybody, so it has the whole expression.
select notices.*, coalesce(homes.home_id, notices.partner_id) as home_id
from notices
left join homes on homes.partner_id = notices.partner_id
qualify
    row_number() over (
        partition by
            notices.kind, notices.event_key, coalesce(homes.home_id, notices.partner_id),
            notices.target, notices.channel
        order by notices.number desc
    ) = 1
