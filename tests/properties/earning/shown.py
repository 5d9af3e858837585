"""A world as files: to give to the product, to print when it fails, to keep as a case.

Belongs here: YAML and CSV. Not here: running anything.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

from tests.properties.earning.deliveries import Doc, Partner, Step
from tests.properties.earning.events import STORE_FIELDS
from tests.properties.earning.programs import as_yaml
from tests.properties.earning.worlds import World

SALES = [
    "document_no",
    "document_type",
    "original_document_no",
    "document_date",
    "partner_id",
    "distributor_id",
    "store_id",
    "line_no",
    "original_line_no",
    "sku",
    "category",
    "quantity",
    "amount",
    "tender_type",
    "channel",
    "cartons",
]
INSTRUCTIONS = [
    "instruction_id",
    "kind",
    "partner_id",
    "effective_on",
    "tier",
    "until",
    "document_no",
    "points",
    "to_partner_id",
    "reason",
    "maker",
    "checker",
]


def files_of(step: Step) -> dict[str, str]:
    """The text of each file that a step lands, by feed."""
    found = {
        "partners": _partners(step.partners),
        "sales": _text(SALES, (row for doc in step.sales for row in _sales_rows(doc))),
        "stores": _text(
            ["store_id", *STORE_FIELDS],
            ([one.store, *(value for _, value in one.fields)] for one in step.stores),
        ),
        "tenders": _text(
            ["document_no", "distributor_id", "tender_type", "amount"],
            (
                [one.number, one.distributor, mode, amount]
                for one in step.payments
                for mode, amount in one.modes
            ),
        ),
        "claims": _text(
            [
                "claim_id",
                "partner_id",
                "distributor_id",
                "document_no",
                "document_date",
                "amount",
                "status",
                "reviewed_on",
            ],
            (
                [
                    one.claim,
                    one.partner,
                    one.distributor,
                    one.number,
                    _day(one.day),
                    one.amount,
                    one.status,
                    _day(one.reviewed_on),
                ]
                for one in step.claims
            ),
        ),
        "scans": _text(
            ["scan_id", "partner_id", "scanned_on", "code", "sku", "points"],
            (
                [one.scan, one.partner, _day(one.day), one.code, one.sku, one.points]
                for one in step.scans
            ),
        ),
        "targets": _text(
            ["partner_id", "cycle", "category", "target"],
            ([one.partner, one.cycle, one.category, one.target] for one in step.targets),
        ),
        "redemptions": _text(
            ["redemption_id", "partner_id", "redeemed_on", "points", "reverses"],
            (
                [one.redemption, one.partner, _day(one.day), one.points, one.reverses]
                for one in step.redemptions
            ),
        ),
        "instructions": _text(
            INSTRUCTIONS,
            (
                [
                    one.instruction,
                    one.kind,
                    one.partner,
                    _day(one.effective_on),
                    one.tier,
                    _day(one.until),
                    one.document_no,
                    one.points,
                    one.to_partner,
                    "said so",
                    "maker",
                    "checker",
                ]
                for one in step.instructions
            ),
        ),
    }
    return {feed: text for feed, text in found.items() if text}


def _partners(rows: Sequence[Partner]) -> str:
    """The column `status` is optional: a file has it if it says one of anybody."""
    header = ["partner_id", "name", "enrolled_on", "region", "level"]
    with_status = any(one.status is not None for one in rows)
    return _text(
        [*header, "status"] if with_status else header,
        (
            [
                one.partner,
                one.name,
                _day(one.enrolled_on),
                *(value for _, value in one.fields),
                *([one.status] if with_status else []),
            ]
            for one in rows
        ),
    )


def _sales_rows(doc: Doc) -> list[list[object]]:
    return [
        [
            doc.number,
            doc.kind,
            doc.original,
            _day(doc.day),
            doc.partner,
            doc.distributor,
            doc.store,
            line.number,
            line.original_line,
            line.sku,
            line.category,
            line.quantity,
            line.amount,
            line.tender,
            *(value for _, value in doc.fields),
        ]
        for line in doc.lines
    ]


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(header)
    count = 0
    for row in rows:
        count += 1
        writer.writerow(["" if value is None else value for value in row])
    return written.getvalue() if count else ""


def as_text(world: World) -> str:
    """Everything of a world, to be read by people and turned into a case."""
    lines = [f"features: {', '.join(sorted(world.features))}", as_yaml(world.program)]
    for step in world.steps:
        lines.append(f"--- on {step.today}{', run twice' if step.again else ''}")
        lines += [as_yaml(step.program)] if step.program is not None else []
        lines += [f"{feed}:\n{text}" for feed, text in files_of(step).items()]
    return "\n".join(lines)
