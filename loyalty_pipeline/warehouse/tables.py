"""Columns of the work files, for reading a table that has no file yet.

Belongs here: names and types, as the SQL in `sql/` writes them. Not here: rules.
"""

from __future__ import annotations

Columns = tuple[tuple[str, str], ...]

SALES_LINES: Columns = (
    ("file_line", "bigint"),
    ("distributor_id", "varchar"),
    ("document_type", "varchar"),
    ("document_no", "varchar"),
    ("fiscal_year", "smallint"),
    ("document_date", "date"),
    ("partner_id", "varchar"),
    ("store_id", "varchar"),
    ("line_no", "integer"),
    ("sku", "varchar"),
    ("category", "varchar"),
    ("quantity", "decimal(18, 3)"),
    ("amount", "decimal(18, 2)"),
    ("original_document_no", "varchar"),
    ("original_document_date", "date"),
    ("original_line_no", "integer"),
    ("tender_type", "varchar"),
    ("custom", "varchar"),
)
SALES_FILE_DOCUMENTS: Columns = (
    ("distributor_id", "varchar"),
    ("document_type", "varchar"),
    ("document_no", "varchar"),
    ("fiscal_year", "smallint"),
    ("document_date", "date"),
    ("partner_id", "varchar"),
    ("store_id", "varchar"),
    ("original_document_no", "varchar"),
    ("original_document_date", "date"),
    ("amount", "decimal(18, 2)"),
    ("line_count", "integer"),
    ("first_line", "bigint"),
    ("custom", "varchar"),
)
SALES_DOCUMENTS: Columns = (
    ("distributor_id", "varchar"),
    ("document_type", "varchar"),
    ("document_no", "varchar"),
    ("fiscal_year", "smallint"),
    ("document_date", "date"),
    ("partner_id", "varchar"),
    ("store_id", "varchar"),
    ("amount", "decimal(18, 2)"),
    ("net_amount", "decimal(18, 2)"),
    ("returned_documents", "integer"),
    ("status", "varchar"),
    ("original_document_no", "varchar"),
    ("original_date", "date"),
    ("original_partner_id", "varchar"),
    ("taken", "decimal(18, 2)"),
    ("line_count", "integer"),
    ("custom", "varchar"),
)
SALES_DOCUMENT_STATES: Columns = (
    ("file_id", "varchar"),
    ("distributor_id", "varchar"),
    ("document_type", "varchar"),
    ("document_no", "varchar"),
    ("fiscal_year", "smallint"),
    ("document_date", "date"),
    ("partner_id", "varchar"),
    ("amount", "decimal(18, 2)"),
    ("line_count", "integer"),
    ("family_no", "varchar"),
    ("state", "varchar"),
)
SALES_RETURNED_LINES: Columns = (
    ("distributor_id", "varchar"),
    ("document_no", "varchar"),
    ("fiscal_year", "smallint"),
    ("line_no", "integer"),
    ("return_type", "varchar"),
    ("return_no", "varchar"),
    ("return_fiscal_year", "smallint"),
    ("amount", "decimal(18, 2)"),
    ("quantity", "decimal(18, 3)"),
)
QUARANTINE: Columns = (
    ("line_no", "bigint"),
    ("reasons", "varchar"),
    ("raw", "varchar"),
    ("subject", "varchar"),
    ("document_type", "varchar"),
    ("fiscal_year", "smallint"),
)
SALES_HELD: Columns = (
    ("file_id", "varchar"),
    ("line_no", "bigint"),
    ("reasons", "varchar"),
    ("raw", "varchar"),
    ("subject", "varchar"),
)
PARTNERS_LINES: Columns = (
    ("file_line", "bigint"),
    ("partner_id", "varchar"),
    ("name", "varchar"),
    ("enrolled_on", "date"),
    ("status", "varchar"),
    ("email", "varchar"),
    ("mobile", "varchar"),
    ("custom", "varchar"),
)
DISTRIBUTORS_LINES: Columns = (
    ("file_line", "bigint"),
    ("distributor_id", "varchar"),
    ("name", "varchar"),
    ("custom", "varchar"),
)
REDEMPTIONS_LINES: Columns = (
    ("file_line", "bigint"),
    ("redemption_id", "varchar"),
    ("partner_id", "varchar"),
    ("redeemed_on", "date"),
    ("points", "decimal(18, 3)"),
    ("reverses", "varchar"),
)
PARTNERS: Columns = (
    ("partner_id", "varchar"),
    ("valid_from", "date"),
    ("valid_to", "date"),
    ("name", "varchar"),
    ("enrolled_on", "date"),
    ("status", "varchar"),
    ("email", "varchar"),
    ("mobile", "varchar"),
    ("custom", "varchar"),
)
DISTRIBUTORS: Columns = DISTRIBUTORS_LINES[1:]
REDEMPTIONS: Columns = (
    ("redemption_id", "varchar"),
    ("partner_id", "varchar"),
    ("redeemed_on", "date"),
    ("points", "decimal(18, 3)"),
    ("reverses", "varchar"),
    ("file_id", "varchar"),
    ("file_line", "bigint"),
)
STORES_LINES: Columns = (("file_line", "bigint"), ("store_id", "varchar"), ("custom", "varchar"))
TENDERS_LINES: Columns = (
    ("file_line", "bigint"),
    ("distributor_id", "varchar"),
    ("document_no", "varchar"),
    ("tender_type", "varchar"),
    ("amount", "decimal(18, 2)"),
)
TARGETS_LINES: Columns = (
    ("file_line", "bigint"),
    ("partner_id", "varchar"),
    ("cycle", "varchar"),
    ("category", "varchar"),
    ("target", "decimal(18, 2)"),
)
SCANS_LINES: Columns = (
    ("file_line", "bigint"),
    ("scan_id", "varchar"),
    ("partner_id", "varchar"),
    ("scanned_on", "date"),
    ("code", "varchar"),
    ("sku", "varchar"),
    ("points", "decimal(18, 3)"),
)
CLAIMS_LINES: Columns = (
    ("file_line", "bigint"),
    ("claim_id", "varchar"),
    ("partner_id", "varchar"),
    ("distributor_id", "varchar"),
    ("document_no", "varchar"),
    ("document_date", "date"),
    ("amount", "decimal(18, 2)"),
    ("status", "varchar"),
    ("reviewed_on", "date"),
    ("reviewer", "varchar"),
)
INSTRUCTIONS_LINES: Columns = (
    ("file_line", "bigint"),
    ("instruction_id", "varchar"),
    ("kind", "varchar"),
    ("partner_id", "varchar"),
    ("effective_on", "date"),
    ("to_partner_id", "varchar"),
    ("points", "decimal(18, 3)"),
    ("document_no", "varchar"),
    ("tier", "varchar"),
    ("until", "date"),
    ("reason", "varchar"),
    ("maker", "varchar"),
    ("checker", "varchar"),
)
STORES: Columns = (
    ("store_id", "varchar"),
    ("valid_from", "date"),
    ("valid_to", "date"),
    ("custom", "varchar"),
)
TENDERS: Columns = TENDERS_LINES[1:]
TARGETS: Columns = TARGETS_LINES[1:]
SCANS: Columns = (*SCANS_LINES[1:], ("status", "varchar"))
CLAIMS: Columns = CLAIMS_LINES[1:]
INSTRUCTIONS: Columns = INSTRUCTIONS_LINES[1:]
FEED_LINES = {
    "sales": SALES_LINES,
    "partners": PARTNERS_LINES,
    "distributors": DISTRIBUTORS_LINES,
    "stores": STORES_LINES,
    "tenders": TENDERS_LINES,
    "targets": TARGETS_LINES,
    "redemptions": REDEMPTIONS_LINES,
    "scans": SCANS_LINES,
    "claims": CLAIMS_LINES,
    "instructions": INSTRUCTIONS_LINES,
}
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
    ("status", "varchar"),  # pending, sent; issued, no_code; withdrawn
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
