-- Grain: one expected file, or one sequence number, of a source.
-- Inputs: covered_sources (source), covered (as the table).
-- Meaning: what sources should have delivered; sources that are not at hand stay as they are.
delete from coverage where source in (select source from covered_sources);

insert into coverage by name
select * from covered;
