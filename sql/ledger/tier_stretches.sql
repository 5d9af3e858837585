-- Grain: one stretch of days of a partner at one tier. Inputs: stretches (of all holdings).
-- Meaning: as conditions ask it; a tier that was set by hand is not told apart here.
select partner_id, tier, tier_rank, valid_from, valid_to, 'earned' as kind
from stretches
