"""Which redemptions fit: one after the other, against the balances they meet (SPEC 7).

Belongs here: granting and refusing, with exact figures and nothing else. Not here: where requests
come from, or committing what became of them (`redemptions`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loyalty_pipeline.earning.merges import NOBODY_MERGED, Homes


@dataclass(frozen=True)
class Request:
    """One redemption, or with `reverses` a reversal, as a file asks for it."""

    redemption_id: str
    partner_id: str
    redeemed_on: date
    points: Decimal
    reverses: str | None
    file_id: str
    file_line: int
    is_inactive: bool
    is_changed: bool  # posted before with other figures

    @property
    def key(self) -> str:
        """The allocation key its entry is posted under."""
        own = key_part(self.redemption_id)
        if self.reverses is None:
            return f"redemption/{own}"
        return f"redemption/{key_part(self.reverses)}/reversal/{own}"


def key_part(identity: str) -> str:
    """An identity as a part of an allocation key, whose parts `/` separates (`ledger/keys`)."""
    return identity.replace("%", "%25").replace("/", "%2F")


@dataclass(frozen=True)
class Refusal:
    """A request that does not fit, with the balance it met."""

    request: Request
    reason: str
    balance: Decimal


class Balances:
    """Current points of partners by the day they move, as far as requests need them.

    From the day of its merge on, a partner spends from the balance of the one it became. Points are
    their owner's: what a merge moves from one balance to another is no move here.
    """

    def __init__(
        self, moves: Iterable[tuple[str, date, Decimal]], homes: Homes = NOBODY_MERGED
    ) -> None:
        self._days: dict[str, dict[date, Decimal]] = defaultdict(dict)
        self._homes = homes
        for partner, day, points in moves:
            self._days[partner][day] = points

    def at(self, partner: str, day: date) -> Decimal:
        """Current points at the end of a day."""
        return sum(
            (
                points
                for account in self._homes.accounts(partner, day)
                for moved, points in self._days[account].items()
                if moved <= day
            ),
            Decimal(0),
        )

    def move(self, partner: str, day: date, points: Decimal) -> None:
        """Add points (or take, when negative) on a day."""
        days = self._days[partner]
        days[day] = days.get(day, Decimal(0)) + points


def serve(
    requests: Sequence[Request],
    balances: Balances,
    redeemed: dict[str, tuple[str, Decimal]],
    today: date,
    *,
    more_to_come: bool = False,
) -> tuple[list[Request], list[Refusal]]:
    """Grant requests one after the other.

    A redemption must fit the current points both on its date and today; what was posted is never
    changed, only reversed; a reversal must name a redemption of the same partner with that much
    left of it.

    Args:
        requests: ordered by date, then identity.
        redeemed: partner and unreversed points of every posted redemption; kept up to date.
        more_to_come: awards of an ended cycle are not posted yet. Then what exceeds the balance
            waits, and so does all that its partner asked for later.
    """
    granted: list[Request] = []
    refused: list[Refusal] = []
    waiting: set[str] = set()
    for request in requests:
        if request.partner_id in waiting:
            continue
        met = min(
            balances.at(request.partner_id, request.redeemed_on),
            balances.at(request.partner_id, today),
        )
        reason = _objection(request, met, redeemed)
        if more_to_come and reason == "exceeds_balance":
            waiting.add(request.partner_id)
            continue
        if reason:
            refused.append(Refusal(request, reason, met))
            continue
        granted.append(request)
        sign = 1 if request.reverses else -1
        balances.move(request.partner_id, request.redeemed_on, sign * request.points)
        if request.reverses:
            partner, left = redeemed[request.reverses]
            redeemed[request.reverses] = (partner, left - request.points)
        else:
            redeemed[request.redemption_id] = (request.partner_id, request.points)
    return granted, refused


def _objection(
    request: Request, met: Decimal, redeemed: dict[str, tuple[str, Decimal]]
) -> str | None:
    if request.is_changed:
        return "differs_from_posted"
    if request.reverses is not None:
        partner, left = redeemed.get(request.reverses, ("", Decimal(0)))
        if partner != request.partner_id:
            return "reverses_unknown_redemption"
        return "reverses_too_much" if request.points > left else None
    if request.is_inactive:
        return "partner_inactive"
    return "exceeds_balance" if request.points > met else None
