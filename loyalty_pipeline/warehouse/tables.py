"""Columns of the work files that cycles and the ledger write, for a table that has no file yet.

Belongs here: names and types, as the SQL in `sql/` writes them. Not here: what is staged
(`staged_tables`), rules.
"""

from __future__ import annotations

Columns = tuple[tuple[str, str], ...]

MONTH_CLAIMS: Columns = (
    ("program", "varchar"),
    ("month", "varchar"),
    ("source", "varchar"),
    ("claim_id", "varchar"),
    ("distributor_id", "varchar"),
    ("document_no", "varchar"),
    ("fiscal_year", "smallint"),
    ("document_date", "date"),
    ("partner_id", "varchar"),
    ("amount", "decimal(18, 2)"),
    ("status", "varchar"),
    ("reason", "varchar"),
)
MERGED_PARTNERS: Columns = (
    ("program", "varchar"),
    ("cycle", "varchar"),
    ("cycle_start", "date"),
    ("cycle_end", "date"),
    ("partner_id", "varchar"),
    ("home_id", "varchar"),
    ("merged_on", "date"),
    ("judged_id", "varchar"),
    ("seen_from", "date"),
    ("seen_to", "date"),
)
MONTHLY_SALES: Columns = (
    ("program", "varchar"),
    ("month", "varchar"),
    ("partner_id", "varchar"),
    ("net_sales", "decimal(18, 2)"),
    ("documents", "bigint"),
)
CYCLE_SALES: Columns = (
    ("program", "varchar"),
    ("cycle", "varchar"),
    ("partner_id", "varchar"),
    ("net_sales", "decimal(18, 2)"),
    ("documents", "bigint"),
)
SLAB_ASSIGNMENTS: Columns = (
    ("program", "varchar"),
    ("cycle", "varchar"),
    ("partner_id", "varchar"),
    ("net_sales", "decimal(18, 2)"),
    ("slab", "varchar"),
    ("rate", "decimal(9, 6)"),
    ("tier", "varchar"),
    ("slab_cap", "decimal(18, 3)"),
    ("next_slab", "varchar"),
    ("gap_to_next_slab", "decimal(18, 2)"),
    ("points_at_next_slab", "decimal(18, 3)"),
    ("next_tier", "varchar"),
    ("gap_to_next_tier", "decimal(18, 3)"),
)
# What a cycle (tier_holdings) or a morning's releases (tier_grants) grant: SQL in `sql/tiers`.
TIER_HOLDINGS: Columns = (
    ("program", "varchar"),
    ("cycle", "varchar"),
    ("partner_id", "varchar"),
    ("tier", "varchar"),
    ("tier_rank", "integer"),
    ("valid_from", "date"),
    ("valid_to", "date"),  # exclusive; null: for good
    ("kind", "varchar"),  # earned, immediate, action, set, override
    ("reason", "varchar"),
    ("granted_on", "date"),  # a tier that is set on a later day ends it
)
POINT_ALLOCATIONS: Columns = (
    ("program", "varchar"),
    ("cycle", "varchar"),
    ("partner_id", "varchar"),
    ("allocation_key", "varchar"),
    ("event", "varchar"),
    ("event_date", "date"),
    ("document_no", "varchar"),
    ("line_no", "integer"),
    ("tier", "varchar"),
    ("slab", "varchar"),
    ("strategy", "varchar"),
    ("rule", "varchar"),
    ("basis_amount", "decimal(18, 2)"),
    ("rate", "decimal(9, 6)"),
    ("raw_points", "decimal(18, 8)"),
    ("multiplier", "decimal(9, 3)"),
    ("rounded_points", "decimal(18, 3)"),
    ("forgone_points", "decimal(18, 3)"),
    ("capped_by", "varchar"),
    ("points", "decimal(18, 3)"),
    ("tranche", "integer"),
    ("accrual_date", "date"),
    ("rules_version", "varchar"),
    ("rules_hash", "varchar"),
    ("source", "varchar"),
    ("distributor_id", "varchar"),
    ("document_type", "varchar"),
    ("forgone_by", "varchar"),
)
CAMPAIGN_AWARDS: Columns = POINT_ALLOCATIONS
TIER_GRANTS: Columns = TIER_HOLDINGS
EVENT_ACTIONS: Columns = (
    ("program", "varchar"),
    ("cycle", "varchar"),
    ("event", "varchar"),
    ("event_date", "date"),
    ("event_key", "varchar"),
    ("partner_id", "varchar"),
    ("rule", "varchar"),
    ("action", "varchar"),
    ("target", "varchar"),
    ("points", "decimal(18, 3)"),
    ("version", "varchar"),
    ("position", "bigint"),
    ("document_no", "varchar"),
    ("amount", "decimal(18, 2)"),
    ("fields", "varchar"),  # JSON: what texts of messages name of the event, as people read it
)
RELEASE_ACTIONS: Columns = EVENT_ACTIONS
CAMPAIGN_ACTIONS: Columns = EVENT_ACTIONS
NOTICES: Columns = (
    ("number", "bigint"),  # of the commit that says so; what the last one says of a notice counts
    ("program", "varchar"),
    ("kind", "varchar"),  # message, coupon
    ("event_key", "varchar"),
    ("partner_id", "varchar"),
    ("target", "varchar"),  # id of the message or coupon
    ("channel", "varchar"),  # empty: a coupon
    ("event", "varchar"),
    ("event_date", "date"),
    ("cycle", "varchar"),
    ("rule", "varchar"),
    ("version", "varchar"),
    ("place", "bigint"),  # order of those that one commit says first
    ("created_on", "date"),
    ("status", "varchar"),  # pending, sent; issued, no_code, ended; withdrawn
    ("language", "varchar"),
    ("subject", "varchar"),
    ("text", "varchar"),
    ("sent_on", "date"),
    ("code", "varchar"),
    ("issued_on", "date"),
    ("valid_until", "date"),
)
CAP_LEVELS: Columns = (
    ("program", "varchar"),
    ("cycle", "varchar"),
    ("cap_id", "varchar"),
    ("partner_id", "varchar"),
    ("limited", "varchar"),
    ("period_start", "date"),
    ("level", "decimal(18, 3)"),
)
EVENT_READS: Columns = (
    ("event", "varchar"),
    ("source", "varchar"),
    ("distributor_id", "varchar"),
    ("document_no", "varchar"),
    ("document_type", "varchar"),
    ("fiscal_year", "smallint"),
    ("event_date", "date"),
    ("partner_id", "varchar"),
    ("first_on", "date"),
    ("current_points", "decimal(18, 3)"),
    ("promised_points", "decimal(18, 3)"),
)
ENTRIES: Columns = (
    ("line", "bigint"),
    ("partner_id", "varchar"),
    ("cycle", "varchar"),
    ("kind", "varchar"),
    ("from_account", "varchar"),
    ("to_account", "varchar"),
    ("points", "decimal(18, 3)"),
    ("event_date", "date"),
    ("effective_date", "date"),
    ("book_date", "date"),
    ("accrual_date", "date"),
    ("posted_on", "date"),
    ("allocation_key", "varchar"),
    ("reason", "varchar"),
    ("rules_version", "varchar"),
)
REDEMPTION_REFUSALS: Columns = (
    ("redemption_id", "varchar"),
    ("file_id", "varchar"),
    ("file_line", "bigint"),
    ("partner_id", "varchar"),
    ("redeemed_on", "date"),
    ("points", "decimal(18, 3)"),
    ("reason", "varchar"),
    ("balance", "decimal(18, 3)"),
    ("tried_on", "date"),
)
