"""From what rules give to whole points: rounded once, at the grain, each promotion an entry.

Belongs here: line, document and cycle grain, and what a promotion adds to the rounded points. Not
here: caps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.properties.earning.awards import Award, Place, Promotion, factors, listing
from tests.properties.earning.figures import ZERO, rounded, shares
from tests.properties.earning.rules import Version


@dataclass
class Row:
    """Points on their way through the caps."""

    rule: str | None
    rule_order: int
    strategy: str | None
    promotion: str | None
    promotion_order: int
    place: Place
    part: int
    tier: str | None
    rounded: Decimal
    slab: str | None = None
    split_over_lines: bool = False
    multiplier: Decimal = Decimal(1)
    points: Decimal = ZERO
    taken: dict[str, Decimal] = field(default_factory=dict)  # by cap, in the order of stages


@dataclass
class RunningSums:
    """What a partner's rule and strategy came to so far in a cycle, raw, for grain `cycle`."""

    raw: dict[tuple[object, ...], Decimal] = field(
        default_factory=lambda: defaultdict(lambda: ZERO)
    )

    def step(self, key: tuple[object, ...], raw: Decimal, decimals: int, mode: str) -> Decimal:
        """The rounded sum with this, less the rounded sum without it."""
        before = self.raw[key]
        self.raw[key] = before + raw
        return rounded(before + raw, decimals, mode) - rounded(before, decimals, mode)


@dataclass(frozen=True)
class Grain:
    """At which grain, how, and what is running."""

    name: str
    decimals: int
    mode: str
    sums: RunningSums
    owner: tuple[str, date]  # partner and cycle

    @property
    def unit(self) -> Decimal:
        return Decimal(1).scaleb(-self.decimals)


def rows_of(
    awards: Sequence[Award], promotions: Sequence[Promotion], version: Version, grain: Grain
) -> list[Row]:
    """The rounded points of one event: regular ones first, then what promotions add."""
    groups: dict[tuple[str, str], list[Award]] = defaultdict(list)
    for award in awards:
        groups[award.rule, award.strategy].append(award)
    found: list[Row] = []
    for group in groups.values():
        found += _group(group, promotions, version, grain)
    return sorted(found, key=_order)


def _order(row: Row) -> tuple[object, ...]:
    """Regular points first; lines by number, then payment modes, then the event as a whole."""
    place: tuple[object, ...] = (2, 0)
    if row.place is not None:
        place = (1, row.place) if isinstance(row.place, str) else (0, row.place)
    return (row.promotion is not None, place, row.rule_order, row.promotion_order, row.part)


def _group(
    group: list[Award], promotions: Sequence[Promotion], version: Version, grain: Grain
) -> list[Row]:
    """One rule's points by one strategy, over the places and parts it was given for."""
    group = sorted(group, key=lambda award: (str(type(award.place)), award.place or 0, award.part))
    totals = [award.raw for award in group]
    found = _rows(group, None, 0, [Decimal(1) for _ in group], _whole(group, totals, grain, None))
    applied = [
        {name: (n, factor) for name, n, factor in factors(award, promotions, version)}
        for award in group
    ]
    for number, name in enumerate(dict.fromkeys(listing(version)), start=1):
        if not any(name in of_award for of_award in applied):
            continue
        before = list(totals)
        for place, (award, of_award) in enumerate(zip(group, applied, strict=True)):
            if name in of_award:
                totals[place] = award.raw * of_award[name][1]
        extra = _extra(group, before, totals, grain, name)
        ns = [of_award.get(name, (Decimal(1), None))[0] for of_award in applied]
        rows = _rows(group, name, number, ns, extra)
        found += [row for row, of_award in zip(rows, applied, strict=True) if name in of_award]
    return found


def _rows(
    group: list[Award],
    promotion: str | None,
    number: int,
    ns: list[Decimal],
    points: list[Decimal],
) -> list[Row]:
    return [
        Row(
            award.rule,
            award.rule_order,
            award.strategy,
            promotion,
            number,
            award.place,
            award.part,
            award.tier,
            of_award,
            split_over_lines=award.split_over_lines,
            multiplier=n,
        )
        for award, of_award, n in zip(group, points, ns, strict=True)
    ]


def _whole(group: list[Award], raws: list[Decimal], grain: Grain, stream: object) -> list[Decimal]:
    """Rounded points of each award of a group: each by itself, or split from the rounded whole."""
    if grain.name == "line":
        return _by_place(group, [ZERO for _ in raws], raws, grain)
    total = sum(raws, ZERO)
    if grain.name == "cycle":
        key = (*grain.owner, group[0].rule, group[0].strategy, stream)
        whole = grain.sums.step(key, total, grain.decimals, grain.mode)
    else:
        whole = rounded(total, grain.decimals, grain.mode)
    return shares(whole, raws, grain.unit)


def _extra(
    group: list[Award], before: list[Decimal], after: list[Decimal], grain: Grain, name: str
) -> list[Decimal]:
    """What a promotion adds to the rounded running total."""
    if grain.name == "line":
        return _by_place(group, before, after, grain)
    old, new = sum(before, ZERO), sum(after, ZERO)
    if grain.name == "cycle":
        # Over the events that this promotion multiplied, and over them alone.
        key = (*grain.owner, group[0].rule, group[0].strategy, name)
        whole = grain.sums.step((*key, "with"), new, grain.decimals, grain.mode)
        whole -= grain.sums.step((*key, "without"), old, grain.decimals, grain.mode)
    else:
        whole = rounded(new, grain.decimals, grain.mode)
        whole -= rounded(old, grain.decimals, grain.mode)
    return shares(whole, [b - a for a, b in zip(before, after, strict=True)], grain.unit)


def _by_place(
    group: list[Award], before: list[Decimal], after: list[Decimal], grain: Grain
) -> list[Decimal]:
    """Each line by itself; both sides of a tier's threshold are one award, and split again."""
    found = [ZERO for _ in group]
    for place in {award.place for award in group}:
        here = [number for number, award in enumerate(group) if award.place == place]
        old = sum((before[number] for number in here), ZERO)
        new = sum((after[number] for number in here), ZERO)
        whole = rounded(new, grain.decimals, grain.mode) - rounded(old, grain.decimals, grain.mode)
        weights = [after[number] - before[number] for number in here]
        for number, part in zip(here, shares(whole, weights, grain.unit), strict=True):
            found[number] = part
    return found
