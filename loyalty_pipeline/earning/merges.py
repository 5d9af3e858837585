"""Which partner a partner has become: merges of two identities of one partner (SPEC 2).

Belongs here: reading the merges in effect, and following them to the partner they end at. Not
here: moving points, which is `ledger.merges`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby, pairwise

from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

HOMES = (("partner_id", "varchar"), ("home_id", "varchar"), ("merged_on", "date"))
IDENTITIES = (
    ("partner_id", "varchar"),
    ("home_id", "varchar"),
    ("seen_from", "date"),
    ("seen_to", "date"),
)
KIN = (("partner_id", "varchar"), ("kin_id", "varchar"))
_ALWAYS = (date(1, 1, 1), date(9999, 12, 31))


@dataclass(frozen=True, order=True)
class Merge:
    """One partner becomes another on a day. Ordered as merges take effect."""

    effective_on: date
    instruction_id: str
    partner_id: str
    to_partner_id: str


@dataclass(frozen=True)
class Homes:
    """Where merges lead: each merged partner with the one it is now, and since when."""

    rows: tuple[tuple[str, str, date], ...]  # partner, home, day of its own merge
    merges: tuple[Merge, ...] = ()  # all that lead here, in their order

    def of(self, partner_id: str, day: date = date.max) -> str:
        """The partner that a partner is on a day: merges of later days do not count yet."""
        seen = self._starts.get(partner_id, ())
        return next((home for start, home in reversed(seen) if start <= day), partner_id)

    def accounts(self, partner_id: str, day: date) -> set[str]:
        """The partners whose points are a partner's to spend on a day."""
        home = self.of(partner_id, day)
        merged = {merged for merged in self._starts if self.of(merged, day) == home}
        return {home, *merged}

    @cached_property
    def identities(self) -> tuple[tuple[str, str, date, date], ...]:
        """Who every merged partner was when: partner, home, first day, and the day after the last.

        Unlike `rows` it knows who a partner was between two merges of a chain or a circle.
        """
        return tuple(
            (partner, home, start, end)
            for partner, seen in sorted(self._starts.items())
            for (start, home), (end, _) in pairwise([*seen, (_ALWAYS[1], "")])
        )

    @cached_property
    def _starts(self) -> Mapping[str, list[tuple[date, str]]]:
        """By merged partner: from which day on it was who."""
        into: dict[str, Merge] = {}
        homes = {merge.partner_id: [(_ALWAYS[0], merge.partner_id)] for merge in self.merges}
        here = {partner: {partner} for partner in homes}  # by home: who that is by now
        for day, merges in groupby(self.merges, key=lambda merge: merge.effective_on):
            changed = {partner for merge in merges for partner in _follow(merge, into)}
            found = {homes[partner][-1][1] for partner in changed}
            for partner in sorted({one for home in found for one in here[home]}):
                before, home = homes[partner][-1][1], _end(partner, into)
                if home != before:
                    here[before].discard(partner)
                    here.setdefault(home, set()).add(partner)
                    homes[partner].append((day, home))
        return homes


NOBODY_MERGED = Homes(())


def read_merges(
    home: Home,
    instructions: Sequence[WorkFile],
    partners: Sequence[WorkFile],
    *,
    has_partner_feed: bool,
) -> tuple[Merge, ...]:
    """The merges that sources instruct, in the order in which they take effect.

    One into a partner whom nobody knows yet waits, as a document of such a partner does.
    """
    if not instructions:
        return ()
    with engine(home) as duckdb:
        duckdb.files("instructions", instructions, staged_tables.INSTRUCTIONS)
        duckdb.files("partners", partners, staged_tables.PARTNERS)
        found = duckdb.rows("earning/merges", has_partner_feed=has_partner_feed)
    return tuple(sorted(Merge(*row) for row in found))


def kin_of(merges: Iterable[Merge]) -> tuple[tuple[str, str], ...]:
    """Partners of whom merges make one, on whatever days: each with the first of them."""
    kin: dict[str, set[str]] = {}
    for merge in merges:
        pair = (merge.partner_id, merge.to_partner_id)
        together = {one for partner in pair for one in kin.get(partner, {partner})}
        kin |= dict.fromkeys(together, together)
    return tuple((partner, min(together)) for partner, together in sorted(kin.items()))


def homes_of(merges: Iterable[Merge]) -> Homes:
    """Follow merges to their ends.

    Of several merges of one partner the latest counts. One that would close a circle ends the
    merge of the partner it leads to: A into B, later B into A leaves everything with A.
    """
    ordered = tuple(sorted(merges))
    into: dict[str, Merge] = {}
    for merge in ordered:
        _follow(merge, into)
    rows = [
        (partner, _end(merge.to_partner_id, into), merge.effective_on)
        for partner, merge in sorted(into.items())
    ]
    return Homes(tuple(rows), ordered)


def _follow(merge: Merge, into: dict[str, Merge]) -> set[str]:
    """Let a merge take effect; whose own merge is another one by that."""
    into[merge.partner_id] = merge
    if _end(merge.to_partner_id, into, until=merge.partner_id) != merge.partner_id:
        return {merge.partner_id}
    del into[merge.to_partner_id]
    return {merge.partner_id, merge.to_partner_id}


def _end(partner: str, into: Mapping[str, Merge], until: str | None = None) -> str:
    while partner in into and partner != until:
        partner = into[partner].to_partner_id
    return partner
