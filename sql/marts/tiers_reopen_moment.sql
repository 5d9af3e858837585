-- The other half of tiers_forget_moment. Inputs: tier_affected; $program, $known_at.
update tier_history
set known_to = null
where
    program = $program and known_to = $known_at
    and partner_id in (select tier_affected.partner_id from tier_affected)
