-- Takes back what another commit of the same moment made known of the affected partners, so
-- that a moment has one outcome however its commits were published.
-- Inputs: tier_affected; $program, $known_at.
delete from tier_history
where
    program = $program and known_from = $known_at
    and partner_id in (select tier_affected.partner_id from tier_affected)
