"""Partners on hold: from a day on, until another, their promises are not released.

Belongs here: what instructions to hold and to stop holding come to. Not here: reading them
(`instructions`), or what is due (`sql/ledger/due_promises.sql`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

HOLDS = (("partner_id", "varchar"), ("held_from", "date"), ("held_to", "date"))


@dataclass(frozen=True)
class Holds:
    """Stretches of days on hold; `held_to` is not held any more, None while it lasts."""

    rows: tuple[tuple[str, date, date | None], ...]  # partner, held_from, held_to

    @classmethod
    def of(cls, told: Iterable[tuple[date, str, str]]) -> Holds:
        """From day, partner and kind (`hold`, `unhold`), in the order in which they take effect.

        Of several on one day the last counts. A second hold changes nothing, nor does an unhold of
        somebody who is not on hold.
        """
        kinds: dict[tuple[str, date], str] = {}
        for day, partner, kind in told:
            kinds[partner, day] = kind
        rows: list[tuple[str, date, date | None]] = []
        for (partner, day), kind in sorted(kinds.items()):
            is_held = bool(rows) and rows[-1][0] == partner and rows[-1][2] is None
            if kind == "hold" and not is_held:
                rows.append((partner, day, None))
            elif kind == "unhold" and is_held:
                rows[-1] = (partner, rows[-1][1], day)
        return cls(tuple(rows))

    def free_from(self, partner: str, day: date) -> date | None:
        """The first day from this one on on which a partner is not on hold; None: not yet known."""
        for held, held_from, held_to in self.rows:
            if held == partner and held_from <= day and (held_to is None or day < held_to):
                return held_to
        return day
