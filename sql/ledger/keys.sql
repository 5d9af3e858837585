-- Macros: how an identity of the DMS stands inside an allocation key, and back.
-- Meaning: parts of a key are separated by '/', so one inside an identity is written %2F, and % is
--   written %25. The same rule is in ledger/redemptions.py; a test holds them together.
create or replace temp macro key_part(identity) as
    replace(replace(identity, '%', '%25'), '/', '%2F');

create or replace temp macro identity_of(part) as
    replace(replace(part, '%2F', '/'), '%25', '%');
