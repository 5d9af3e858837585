"""Columns of the work files that staging writes, for reading a table that has no file yet.

Belongs here: names and types, as the SQL in `sql/` writes them. Not here: what cycles and the
ledger write (`tables`), rules.
"""

from __future__ import annotations

from loyalty_pipeline.warehouse.tables import Columns

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
TENDERS: Columns = (*TENDERS_LINES[1:3], ("fiscal_year", "smallint"), *TENDERS_LINES[3:])
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
