-- Grain: one partner of a program who holds a tier, and from when.
-- Inputs: partner_rows (the partners feed as a posting read it), sales_rows (cycle_sales),
--   document_rows (sales_documents), claim_rows (month_claims), scan_rows (scans), merged_rows
--   (merged_partners); $before_enrolment, $has_partner_feed.
-- Meaning: the base tier is held from enrolment. A partner whose enrolment is not known holds it
--   from the first file that names it, or from its first document or scan where that is earlier;
--   so does one that may earn before it is enrolled.
with enrolled as (
    select
        partner_id, max_by(enrolled_on, valid_from) as enrolled_on,
        min(valid_from) as named_on
    from partner_rows
    group by partner_id
),

counted as (
    select
        coalesce(original_partner_id, partner_id) as partner_id, document_date as day,
        'document' as what
    from document_rows
    where status = 'counted'
    union all
    select partner_id, document_date as day, 'document' as what
    from claim_rows
    where status = 'counted'
    union all
    select partner_id, scanned_on as day, 'scan' as what
    from scan_rows
    where status = 'counted'
),

-- What a merged partner did is done by the partner it became, from the cycle of the merge on.
of_others as (
    select
        merged_rows.home_id as partner_id, counted.what, counted.day, merged_rows.judged_id
    from counted
    join merged_rows
        on merged_rows.partner_id = counted.partner_id
        and counted.day >= merged_rows.cycle_start
        and counted.day < merged_rows.cycle_end
        and counted.day >= merged_rows.seen_from
        and counted.day < merged_rows.seen_to
),

-- It has to count as that of who did it: somebody known, enrolled and active.
of_known_others as (
    select of_others.partner_id, of_others.what, of_others.day
    from of_others
    left join enrolled on enrolled.partner_id = of_others.judged_id
    asof left join partner_rows
        on partner_rows.partner_id = of_others.judged_id
        and of_others.day >= partner_rows.valid_from
    where
        not $has_partner_feed
        or enrolled.partner_id is not null
        and coalesce(partner_rows.status, 'active') <> 'inactive'
        and (
            $before_enrolment = 'earn'
            or of_others.day >= coalesce(enrolled.enrolled_on, of_others.day)
        )
),

by_home as (
    select partner_id, what, min(day) as day
    from of_known_others
    group by partner_id, what
    union all
    select counted.partner_id, counted.what, min(counted.day) as day
    from counted
    anti join merged_rows
        on merged_rows.partner_id = counted.partner_id
        and counted.day >= merged_rows.cycle_start
        and counted.day < merged_rows.cycle_end
    group by counted.partner_id, counted.what
),

-- Sales count as they do for the cycle; a scan needs a partner that the program knows.
first_acts as (
    select
        by_home.partner_id, min(by_home.day) as day,
        min_by(by_home.what, cast(by_home.day as varchar) || by_home.what) as what
    from by_home
    left join enrolled on enrolled.partner_id = by_home.partner_id
    where
        (enrolled.enrolled_on is null or $before_enrolment = 'earn')
        and case by_home.what
            when 'document'
                then by_home.partner_id in (select sales_rows.partner_id from sales_rows)
            else enrolled.partner_id is not null or not $has_partner_feed
        end
    group by by_home.partner_id
),

starts as (
    select
        coalesce(enrolled.partner_id, first_acts.partner_id) as partner_id,
        enrolled.enrolled_on, first_acts.what,
        coalesce(first_acts.day, date '9999-12-31') as first_act,
        coalesce(enrolled.enrolled_on, enrolled.named_on, date '9999-12-31') as known_on
    from enrolled
    full join first_acts on first_acts.partner_id = enrolled.partner_id
)

select
    partner_id, least(known_on, first_act) as starts_on,
    case
        when first_act < coalesce(enrolled_on, known_on + 1)
            then 'base tier from the first ' || what
        when enrolled_on is not null then 'base tier from enrolment'
        else 'base tier from the first file that names the partner'
    end as reason
from starts
