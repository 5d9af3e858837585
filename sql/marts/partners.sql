-- Grain: one partner of a program and the day from which a file says something new about it.
-- Inputs: work.partners (all sources), work.files, work.program_sources.
-- Meaning: the partners feed as a program sees it; valid_to is exclusive, null for the latest.
--   E-mail and mobile stay in the work files: no report needs them.
select
    program_sources.program, partners.partner_id, partners.valid_from, partners.valid_to,
    partners.name, partners.enrolled_on, partners.status, partners.custom
from work.partners as partners
join work.files as files on files.path = partners.filename
join work.program_sources as program_sources on program_sources.scope = files.scope
