"""The statement of one partner: opening balance, every credit and debit, closing balance.

Belongs here: asking for it, and its forms as rows and CSV. Not here: the printable page, which
is `statement_page`, or how a figure came about, which is `explain`.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loyalty_pipeline.program.base import plain
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader

COLUMNS = ("date", "description", "credit", "debit", "balance")


@dataclass(frozen=True)
class Move:
    """One credit or debit of current points, and the balance after it."""

    entry_date: date
    description: str
    cycle: str
    event_date: date
    credit: Decimal | None
    debit: Decimal | None
    balance: Decimal
    allocation_key: str
    entry_id: int


@dataclass(frozen=True)
class Statement:
    """A partner's current points over a range of days; no bound means all there is."""

    program: str
    partner_id: str
    program_name: str | None
    partner_name: str | None
    tier: str | None
    first: date | None
    last: date | None
    business_date: date
    opening: Decimal
    moves: tuple[Move, ...]
    promised: Decimal  # at the end, not part of the balance

    @property
    def closing(self) -> Decimal:
        """The balance after the last move."""
        return self.moves[-1].balance if self.moves else self.opening

    def rows(self) -> list[tuple[str, ...]]:
        """The statement as text, line by line, opening and closing balance included."""
        opening = ("", "Opening balance", "", "", plain(self.opening))
        closing = ("", "Closing balance", "", "", plain(self.closing))
        return [opening, *(_row(move) for move in self.moves), closing]

    def as_csv(self) -> str:
        """The statement as CSV.

        Texts that a spreadsheet would take for a formula are quoted with an apostrophe.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("program", "partner_id", *COLUMNS))
        for row in self.rows():
            day, description, *figures = row
            writer.writerow(
                (self.program, _inert(self.partner_id), day, _inert(description), *figures)
            )
        return text.getvalue()


class UnknownPartnerError(LookupError):
    """A program knows no such partner, or there is no such program."""


def statement_of(
    home: Home, program: str, partner: str, first: date | None = None, last: date | None = None
) -> Statement:
    """The statement of a partner from a first to a last day, both included.

    Raises:
        UnknownPartnerError: nothing is known of the partner in that program.
        FileNotFoundError: nothing was published yet.
    """
    asked = {"program": program, "partner": partner, "first": first, "last": last}
    with open_reader(home) as reader:
        heads = reader.ask_file("marts/statement_partner", **asked).as_dicts()
        if not heads:
            raise UnknownPartnerError(
                f"program {program} knows no partner {partner}: it has neither a row in the "
                f"partners feed nor an entry in the ledger"
            )
        moves = reader.ask_file("marts/statement", **asked).rows
    [head] = heads
    return Statement(
        program=program,
        partner_id=partner,
        program_name=head["program_name"],
        partner_name=head["partner_name"],
        tier=head["tier"],
        first=first,
        last=last,
        business_date=head["business_date"],
        opening=head["opening"],
        moves=tuple(Move(*move) for move in moves),
        promised=head["promised"],
    )


def _row(move: Move) -> tuple[str, ...]:
    return (
        move.entry_date.isoformat(),
        move.description,
        plain(move.credit) if move.credit is not None else "",
        plain(move.debit) if move.debit is not None else "",
        plain(move.balance),
    )


def _inert(text: str) -> str:
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
