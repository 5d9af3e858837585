-- Comments.
select 1;
