"""Sales from a dealer management system in, loyalty points finance can sign off out."""
