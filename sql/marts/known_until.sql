-- Macro: known_until(known_at), the last moment that counts as known.
-- Meaning: a day means its end, a timestamp itself, null no bound.
create or replace macro known_until(known_at) as
    case
        when known_at is null then timestamp '9999-12-31 00:00:00'
        when length(cast(known_at as varchar)) = 10
            then cast(known_at as timestamp) + interval 1 day - interval 1 microsecond
        else cast(known_at as timestamp)
    end;
