-- Grain: one change of tier that two rounds of evaluation disagree about.
-- Inputs: tier_changes (what events were evaluated with), found_changes (what came of it).
select partner_id from (
    (from tier_changes except all from found_changes)
    union all
    (from found_changes except all from tier_changes)
)
limit 1
