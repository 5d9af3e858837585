"""What returns leave of an invoice, and of each of its lines (SPEC 2, Returns).

Belongs here: granting the claims of returns, credit notes and cancellations on one invoice, one
after the other. Not here: which version of a document counts or which invoice a return means
(`documents`). Pure: amounts are whole cents and quantities whole thousandths.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

# What a return, credit note or cancellation is: type, number and fiscal year.
ReturnKey = tuple[str, str, int]


@dataclass
class InvoiceLine:
    """A line of an invoice and what is left of it."""

    line_no: int
    sku: str | None
    amount: int
    quantity: int | None  # None where the file gives none
    left: int = field(init=False)
    quantity_left: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.left, self.quantity_left = self.amount, self.quantity


@dataclass(frozen=True)
class ClaimLine:
    """A line of a return: what it takes, of a line, of goods, or of neither in particular."""

    original_line_no: int | None
    sku: str | None
    amount: int  # what it takes: positive
    quantity: int | None


@dataclass(frozen=True)
class Taken:
    """What a return takes of one line."""

    line_no: int
    amount: int
    quantity: int | None


@dataclass(frozen=True)
class _Share:
    line: InvoiceLine
    amount: int
    quantity: int | None


def judge_claims(
    claims: Iterable[tuple[Any, ...]],
) -> list[tuple[str, str, str, int, Decimal | None]]:
    """Grant claims on invoices as a whole, one after the other.

    Args:
        claims: rows of `staging/contested_claims`, ordered by invoice and then by date.

    Returns:
        One row a claim with what it takes; None where it asks for more than is left.
    """
    judged: list[tuple[str, str, str, int, Decimal | None]] = []
    for _, invoice_claims in groupby(claims, key=lambda row: (row[0], row[4], row[5])):
        left: Decimal | None = None
        for distributor, kind, number, year, _, _, takes_all, claimed, original in invoice_claims:
            left = original if left is None else left
            taken = left if takes_all else (claimed if claimed <= left else None)
            left -= taken or 0
            judged.append((distributor, kind, number, year, taken))
    return judged


def take(
    lines: Sequence[InvoiceLine],
    claim: Sequence[ClaimLine],
    *,
    takes_all: bool,
    counts_goods: bool,
) -> list[Taken] | None:
    """Take a claim from what is left of an invoice's lines; None, and nothing, if it is too much.

    With `takes_all` all that is left is taken, whatever the claim says. Only with `counts_goods`
    quantities are taken: a credit note gives money back, and no goods.
    """
    if takes_all:
        return _granted(_Share(line, line.left, line.quantity_left) for line in lines)
    total = sum(part.amount for part in claim)
    if not 0 <= total <= sum(line.left for line in lines):
        return None
    before = [(line.left, line.quantity_left) for line in lines]
    taken: list[Taken] = []
    for of_lines, parts in _by_target(lines, claim):
        shares = _shares(of_lines, parts, counts_goods=counts_goods) if of_lines else None
        if shares is None:
            for line, (left, quantity_left) in zip(lines, before, strict=True):
                line.left, line.quantity_left = left, quantity_left
            return None
        taken += _granted(shares)
    return _summed(taken)


def _by_target(
    lines: Sequence[InvoiceLine], claim: Sequence[ClaimLine]
) -> list[tuple[list[InvoiceLine], list[ClaimLine]]]:
    """The lines of the claim by what they mean: a line, then goods, then the whole invoice.

    Goods mean nothing on an invoice that names none; a line or goods that the invoice does not
    have come with no lines, since nothing is left of them.
    """
    named = any(line.sku is not None for line in lines)
    targets: dict[tuple[int, int, str], list[ClaimLine]] = {}
    for part in claim:
        if part.original_line_no is not None:
            target = (0, part.original_line_no, "")
        elif part.sku is not None and named:
            target = (1, 0, part.sku)
        else:
            target = (2, 0, "")
        targets.setdefault(target, []).append(part)
    found = []
    for (kind, line_no, sku), parts in sorted(targets.items()):
        meant = [
            line
            for line in lines
            if kind == 2 or (line.line_no == line_no if kind == 0 else line.sku == sku)
        ]
        found.append((meant, parts))
    return found


def _shares(
    lines: Sequence[InvoiceLine], parts: Sequence[ClaimLine], *, counts_goods: bool
) -> list[_Share] | None:
    """How lines share what is claimed of them, or None if it is more than is left of them."""
    amounts = _split(
        sum(part.amount for part in parts),
        [line.left for line in lines],
        [line.amount - line.left for line in lines],
    )
    if amounts is None:
        return None
    quantities: Sequence[int | None] = [None] * len(lines)
    particular = any(part.original_line_no is not None or part.sku is not None for part in parts)
    if counts_goods and particular:
        found = _quantities(lines, parts)
        if found is None:
            return None
        quantities = found
    return [
        _Share(line, amount, quantity)
        for line, amount, quantity in zip(lines, amounts, quantities, strict=True)
    ]


def _quantities(
    lines: Sequence[InvoiceLine], parts: Sequence[ClaimLine]
) -> Sequence[int | None] | None:
    """How lines share the quantity that is claimed; lines without a quantity share nothing.

    DMSs write the quantity of a return with either sign: it is read as going the way of the
    amount, whole pieces staying whole.
    """
    counted = [line for line in lines if line.quantity]
    claimed = 0
    if not counted:
        return [None] * len(lines)
    amount = sum(line.amount for line in counted)
    for part in parts:
        same_way = part.amount * amount >= 0
        claimed += abs(part.quantity or 0) if same_way else -abs(part.quantity or 0)
    sign = 1 if sum(line.quantity or 0 for line in counted) >= 0 else -1
    left = [line.quantity_left or 0 for line in counted]
    gone = [(line.quantity or 0) - (line.quantity_left or 0) for line in counted]
    unit = 1000 if all(number % 1000 == 0 for number in (claimed, *left, *gone)) else 1
    split = _split(
        sign * claimed // unit,
        [number // unit for number in left],
        [number // unit for number in gone],
    )
    if split is None:
        return None
    shares = iter(split)
    return [next(shares) * unit if line.quantity else None for line in lines]


def _split(claimed: int, left: Sequence[int], gone: Sequence[int]) -> list[int] | None:
    """A claim in proportion to what is left, or, giving back, to what is gone.

    None if it would leave less than nothing, or more than there was.
    """
    if claimed == 0:
        return [0] * len(left)
    whole, before = sum(left), sum(gone)
    if 0 < claimed <= whole or whole <= claimed < 0:
        return largest_remainder(claimed, left)
    if 0 < -claimed <= before or before <= -claimed < 0:
        return [-share for share in largest_remainder(-claimed, gone)]
    return None


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Whole shares of a total in proportion to weights that add up to it; earlier ones first."""
    whole = sum(weights)
    if whole < 0:
        return [-share for share in largest_remainder(-total, [-weight for weight in weights])]
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda place: (-(total * weights[place] % whole), place)
    )
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares


def _granted(shares: Iterable[_Share]) -> list[Taken]:
    taken = []
    for share in shares:
        line = share.line
        line.left -= share.amount
        if line.quantity_left is not None:
            line.quantity_left -= share.quantity or 0
        if share.amount or share.quantity:
            taken.append(Taken(line.line_no, share.amount, share.quantity))
    return taken


def _summed(taken: Sequence[Taken]) -> list[Taken]:
    """What was taken of each line, once a line."""
    by_line: dict[int, Taken] = {}
    for part in taken:
        before = by_line.get(part.line_no)
        if before is not None:
            quantities = [q for q in (before.quantity, part.quantity) if q is not None]
            part = Taken(
                part.line_no,
                before.amount + part.amount,
                sum(quantities) if quantities else None,
            )
        by_line[part.line_no] = part
    return [by_line[line_no] for line_no in sorted(by_line)]
