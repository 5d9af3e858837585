"""How the sample DMS writes a file: canonical columns, then a control file with its totals.

Belongs here: bytes and file times. Not here: what the files say (`drop`, `sales`).
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from loyalty_pipeline.demo.sales import Document

Row = list[str]
SALES_COLUMNS = (
    "document_no", "document_type", "original_document_no", "original_document_date",
    "original_line_no", "document_date", "partner_id", "distributor_id", "store_id", "line_no",
    "sku", "category", "quantity", "amount", "tender_type",
)  # fmt: skip


def sales_rows(documents: list[Document]) -> list[Row]:
    """The lines of documents, header fields repeated on each."""
    return [
        [
            document.number, document.kind,
            document.original[0] if document.original else "",
            document.original[1].isoformat() if document.original else "",
            "", document.day.isoformat(), document.partner, document.distributor, "",
            str(line.line_no), line.sku, line.category, str(line.quantity),
            str(Decimal(line.paise).scaleb(-2)), document.tender,
        ]
        for document in documents
        for line in document.lines
    ]  # fmt: skip


def write_with_control(
    path: Path,
    columns: Sequence[str],
    rows: list[Row],
    moment: datetime,
    amount: Decimal | None = None,
) -> None:
    """Write a file and only then its control file, both as of `moment`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    content = text.getvalue().encode()
    control = f"rows={len(rows)}\n" + (f"amount={amount}\n" if amount is not None else "")
    control += f"sha256={hashlib.sha256(content).hexdigest()}\n"
    for target, data in ((path, content), (path.with_name(f"{path.name}.ctl"), control.encode())):
        target.write_bytes(data)
        os.utime(target, (moment.timestamp(), moment.timestamp()))


def delivered(month: str) -> datetime:
    """When a month's file is written: the morning after its end."""
    year, number = int(month[:4]), int(month[5:])
    last = datetime(year, number, monthrange(year, number)[1], 6, 30, tzinfo=UTC)
    return last + timedelta(days=1)
