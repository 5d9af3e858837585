-- Macros: how an identity of the DMS stands inside an allocation key, and back; whose award it is.
-- Meaning: parts of a key are separated by '/', so one inside an identity is written %2F, and % is
--   written %25. The same rule is in ledger/redemptions.py; a test holds them together.
create or replace temp macro key_part(identity) as
    case
        when contains(identity, '/') or contains(identity, '%')
            then replace(replace(identity, '%', '%25'), '/', '%2F')
        else identity  -- nearly every one, so that it is looked at and not replaced
    end;

create or replace temp macro identity_of(part) as
    replace(replace(part, '%2F', '/'), '%25', '%');

-- What a merged partner was promised is held by the partner it became, under the key of the award
-- with '//' and the merged partner after it: an identity is never empty, so no other key has '//'.
create or replace temp macro held_key(allocation_key, partner, holder) as
    case
        when holder = partner then allocation_key
        else allocation_key || '//' || key_part(partner)
    end;

-- Whose award an entry of a holder is, and the key of that award.
create or replace temp macro origin_of(holder, allocation_key) as
    case
        when contains(allocation_key, '//') then identity_of(split_part(allocation_key, '//', 2))
        else holder
    end;

-- Whose points an entry of a holder moves: a merge moves those of the merged partner.
create or replace temp macro owner_of(holder, kind, allocation_key) as
    case
        when kind = 'transfer' then identity_of(split_part(allocation_key, '/', 2))
        else origin_of(holder, allocation_key)
    end;

create or replace temp macro award_key(allocation_key) as split_part(allocation_key, '//', 1);

-- The event an award is for: its keys have one each rule, line and tranche (CYCLE, EVENT, RULE,
-- STRATEGY, PROMOTION, LINE, TRANCHE, identity…), and the event is what they share. An award of a
-- cycle is an event of its own. Of an award_key, never of a held_key.
create or replace temp macro award_group(allocation_key) as
    regexp_replace(allocation_key, '^([^/]*/[^/]*)(?:/[^/]*){5}/', '\1/');
