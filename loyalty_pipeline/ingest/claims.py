"""Setting returns against the invoices they mean, as a whole or line by line.

Belongs here: which claims need a look at lines, reading those and keeping what was judged. Not
here: granting a claim (`returns`), or which version of a document counts (`documents`).

Most claims need no judging: they are less than their invoice, and say nothing of lines. Only of
invoices with a return that names lines or goods are lines looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from loyalty_pipeline.ingest.returns import ClaimLine, InvoiceLine, Taken, judge_claims, take
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile

_JUDGED = (
    ("distributor_id", "varchar"),
    ("document_type", "varchar"),
    ("document_no", "varchar"),
    ("fiscal_year", "smallint"),
    ("taken", "decimal(18, 2)"),
)
_RETURNED = (
    ("distributor_id", "varchar"),
    ("document_no", "varchar"),
    ("fiscal_year", "smallint"),
    ("line_no", "integer"),
    ("return_type", "varchar"),
    ("return_no", "varchar"),
    ("return_fiscal_year", "smallint"),
    ("cents", "bigint"),
    ("thousandths", "bigint"),
)
_Judged = tuple[str, str, str, int, Decimal | None]


def set_returns_against_invoices(engine: Engine, lines: Sequence[WorkFile]) -> None:
    """Fill applied_returns and returned_lines.

    applied_returns: what each return takes, or that it is parked or takes too much.
    returned_lines: what is taken of each line, where a return says so. `lines` are the lines of
    all files in the order of their ranks.
    """
    engine.table("return_claims", "staging/return_claims")
    judged, returned = _judge_line_by_line(engine, lines)
    judged += judge_claims(engine.rows("staging/contested_claims"))
    engine.frame("judged_claims", _JUDGED, judged)
    engine.frame("returned_lines", _RETURNED, returned)
    engine.table("applied_returns", "staging/applied_returns")


def show_lines(engine: Engine, lines: Sequence[WorkFile], ranks: Iterable[int]) -> None:
    """Let SQL read sales_lines of some files, and line_files with their ranks."""
    files = [(rank, lines[rank - 1]) for rank in ranks]
    engine.files(
        "sales_lines", [file for _, file in files], staged_tables.SALES_LINES, filename=True
    )
    root = engine.home.root
    engine.values(
        "line_files",
        (("path", "varchar"), ("file_rank", "integer")),
        [(str(root / file.path), rank) for rank, file in files],
    )


def _judge_line_by_line(
    engine: Engine, lines: Sequence[WorkFile]
) -> tuple[list[_Judged], list[tuple[Any, ...]]]:
    """Judge the claims on invoices with a return that names lines or goods."""
    show_lines(engine, lines, _ranks(engine, "staging/files_of_returns"))
    engine.table("return_lines", "staging/return_lines")
    if not engine.table("detailed_invoices", "staging/detailed_invoices"):
        return [], []
    show_lines(engine, lines, _ranks(engine, "staging/files_of_detailed_invoices"))
    invoices = groupby(engine.rows("staging/invoice_lines"), key=lambda row: row[:3])
    claims = groupby(engine.rows("staging/detailed_claims"), key=lambda row: row[:3])
    judged: list[_Judged] = []
    returned: list[tuple[Any, ...]] = []
    for (invoice, its_lines), (same_invoice, its_claims) in zip(invoices, claims, strict=True):
        assert invoice == same_invoice, f"lines of {invoice}, claims on {same_invoice}"
        distributor, number, year = invoice
        left = [
            InvoiceLine(line_no, sku, cents, thousandths)
            for _, _, _, line_no, sku, cents, thousandths in its_lines
        ]
        for (kind, return_no, return_year), taken in _judged(left, its_claims):
            total = None if taken is None else _money(sum(part.amount for part in taken))
            judged.append((distributor, kind, return_no, return_year, total))
            returned += [
                (
                    distributor,
                    number,
                    year,
                    part.line_no,
                    kind,
                    return_no,
                    return_year,
                    part.amount,
                    part.quantity,
                )
                for part in taken or ()
            ]
    return judged, returned


def _judged(
    left: Sequence[InvoiceLine], claims: Iterator[tuple[Any, ...]]
) -> Iterator[tuple[tuple[str, str, int], list[Taken] | None]]:
    """Each claim on one invoice, in their order, and what it takes."""
    for key, rows in groupby(claims, key=lambda row: (row[3], row[4], row[5], row[6])):
        kind, number, year, takes_all = key
        claim = [
            ClaimLine(original_line_no, sku, cents, thousandths)
            for *_, original_line_no, sku, cents, thousandths in rows
        ]
        counts_goods = kind != "credit_note"
        yield (
            (kind, number, year),
            take(left, claim, takes_all=takes_all, counts_goods=counts_goods),
        )


def _ranks(engine: Engine, query: str) -> list[int]:
    return [int(rank) for (rank,) in engine.rows(query)]


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
