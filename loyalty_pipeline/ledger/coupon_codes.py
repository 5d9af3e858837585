"""Codes of coupons: from a pool, or made; never one twice in a program (SPEC 5).

Belongs here: choosing the next code, and until when it is valid. Not here: who gets one, which is
`notices`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from loyalty_pipeline.program.model import Version
from loyalty_pipeline.program.notices import Coupon

# Read aloud and typed from paper: no 0 and O, no 1 and I.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_SHORTEST, _LONGEST, _STEP = 10, 50, 2


class Codes:
    """The codes of a program's coupons; what it gives out is taken from then on."""

    def __init__(self, program: str, versions: Sequence[Version], issued: Iterable[str]) -> None:
        self._program = program
        self._versions = sorted(versions, key=lambda version: version.effective_from)
        self._taken = set(issued)
        self._pooled = {
            code for v in versions for coupon in v.coupons for code in coupon.pool or ()
        }
        self._pools: dict[tuple[str, str], Iterator[str]] = {}

    def coupon(self, version: str, coupon_id: str) -> Coupon | None:
        """A coupon as a version has it."""
        return next(
            (
                coupon
                for one in self._versions
                if one.label == version
                for coupon in one.coupons
                if coupon.id == coupon_id
            ),
            None,
        )

    def has_ended(self, version: str, coupon_id: str, day: date) -> bool:
        """Whether a code given out on a day would be valid no more."""
        coupon = self.coupon(version, coupon_id)
        end = valid_until(coupon, day) if coupon is not None else None
        return end is not None and end < day

    def next(self, version: str, coupon_id: str, event_key: str, partner_id: str) -> str | None:
        """A code for an event; None if the coupon's pool has none left."""
        coupon = self.coupon(version, coupon_id)
        if coupon is None:
            return None
        if coupon.codes == "generated":
            code: str | None = self._made(coupon, event_key, partner_id)
        else:
            pool = self._pools.setdefault((version, coupon_id), self._pool(version, coupon_id))
            code = next((code for code in pool if code not in self._taken), None)
        if code is not None:
            self._taken.add(code)
        return code

    def _pool(self, version: str, coupon_id: str) -> Iterator[str]:
        """The pool of the event's version, then what later versions add to it."""
        for one in self._versions:
            if one.label >= version:
                for coupon in one.coupons:
                    if coupon.id == coupon_id:
                        yield from coupon.pool or ()

    def _made(self, coupon: Coupon, event_key: str, partner_id: str) -> str:
        """The same for the same event, whenever and in whatever order it is made.

        A clash is told apart by more letters of the same hash, then by another hash.
        """
        attempt = 0
        while True:
            said = "\n".join((self._program, event_key, coupon.id, partner_id, str(attempt)))
            number = int.from_bytes(hashlib.sha256(said.encode()).digest(), "big")
            letters = "".join(_LETTERS[number >> (5 * place) & 31] for place in range(_LONGEST))
            for length in range(_SHORTEST, _LONGEST + 1, _STEP):
                code = coupon.prefix + letters[:length]
                if code not in self._taken and code not in self._pooled:
                    return code
            attempt += 1


def valid_until(coupon: Coupon, issued_on: date) -> date | None:
    """The last day on which a code issued on a day is valid."""
    if coupon.valid_until is not None:
        return coupon.valid_until
    return None if coupon.valid_days is None else issued_on + timedelta(days=coupon.valid_days)
