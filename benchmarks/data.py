"""A drop of any size: partners, distributors, documents of four lines, monthly files.

Written by DuckDB from ranges, so that ten million lines take seconds; no randomness, so that
every run measures the same bytes.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

PARTNERS = 200_000
DISTRIBUTORS = 500
LINES_A_DOCUMENT = 4

# Amounts spread 200,000 partners over all slabs, whatever the number of lines.
_LINES = """
copy (
    select
        'INV' || lpad((document + $first_document)::varchar, 10, '0') as document_no,
        'invoice' as document_type,
        ($first_day::date + (document % $days)::integer)::varchar as document_date,
        'P' || lpad(((document * 7919) % $partners)::varchar, 6, '0') as partner_id,
        'D' || lpad((document % $distributors)::varchar, 4, '0') as distributor_id,
        line + 1 as line_no,
        'SKU' || lpad(((document * 31 + line) % 5000)::varchar, 5, '0') as sku,
        (document + line) % 9 + 1 as quantity,
        $scale * (((document * 7907 + line * 104729) % 4000000 + 100) / 100.0)::decimal(18, 2)
            as amount
    from range($documents) as documents (document), range($lines) as lines (line)
    order by document, line
) to $path (format csv, header)
"""


def write_month(folder: Path, month: date, lines: int, sequence: int = 0) -> Path:
    """One monthly sales file with its control file; the same arguments give the same bytes."""
    name = f"sales_{month:%Y-%m}" + (f"_{sequence}" if sequence else "")
    path = folder / f"{name}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    documents = lines // LINES_A_DOCUMENT
    scale = max(1, 10_000_000 // (3 * lines)) if not sequence else 1
    with duckdb.connect() as connection:
        connection.execute(
            _LINES,
            {
                "first_document": (month.year * 12 + month.month) * 10_000_000
                + sequence * 5_000_000,
                "first_day": month.isoformat(),
                "days": 28,
                "partners": PARTNERS,
                "distributors": DISTRIBUTORS,
                "documents": documents,
                "scale": scale,
                "lines": LINES_A_DOCUMENT,
                "path": str(path),
            },
        )
    path.with_name(path.name + ".ctl").write_text(f"rows={documents * LINES_A_DOCUMENT}\n")
    return path


def write_quarter(folder: Path, first_month: date, lines: int) -> list[Path]:
    """The three monthly files of a quarter."""
    return [
        write_month(folder, date(first_month.year, first_month.month + offset, 1), lines // 3)
        for offset in range(3)
    ]
