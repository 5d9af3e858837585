-- Grain: one program the file shows. Inputs: work.program_settings, work.program_sources.
select
    settings.program, settings.has_partner_feed,
    coalesce(
        list(sources.scope order by sources.scope) filter (where sources.scope is not null), []
    ) as scopes
from work.program_settings as settings
left join work.program_sources as sources on sources.program = settings.program
group by settings.program, settings.has_partner_feed
