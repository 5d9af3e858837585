-- Grain: one journal, with the last commit that the published file shows.
-- Inputs: journal_heads (published).
select scope, number from journal_heads order by scope
