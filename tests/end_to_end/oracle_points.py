"""What documents must earn: SPEC 4 and 5 again, in plain Python with `decimal`.

Belongs here: the second half of an independent computation: rules read anew as text, then slab,
tier, points, caps and balances of every partner and cycle. It imports nothing of the product. Not
here: which documents count (`oracle_documents`), or comparing (the test does).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import yaml

from tests.end_to_end.oracle_documents import Counted

ZERO = Decimal(0)
MONTHS = {"month": 1, "quarter": 3}


@dataclass(frozen=True)
class Band:
    """A slab: net sales from an amount, included, up to another, excluded."""

    id: str
    lower: Decimal
    upper: Decimal | None
    rate: Decimal
    tier: str | None
    cap: Decimal | None


@dataclass(frozen=True)
class Rules:
    """A program's one version, read anew from its file: every value as the text it is."""

    program: str
    months: int
    mode: str
    carry_lower: bool
    bands: tuple[Band, ...]
    delay: int | None
    tiers: tuple[str, ...]
    thresholds: tuple[tuple[str, Decimal], ...]  # empty: the slab decides the tier
    caps: tuple[tuple[str, Decimal], ...]
    decimals: int
    grain: str

    @classmethod
    def read(cls, path: Path) -> Rules:
        """The rules of a program file that has one version and rounds half up."""
        raw = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        (version,) = raw["versions"]
        slabs, tiers, rounding = version["slabs"], version["tiers"], version["rounding"]
        assert rounding.get("mode", "half_up") == "half_up"
        return cls(
            program=raw["program"],
            months=MONTHS[version["cycle"]],
            mode=slabs["mode"],
            carry_lower=slabs.get("gaps") == "carry_lower",
            bands=tuple(
                Band(
                    band["id"],
                    Decimal(band["from"]),
                    Decimal(band["to"]) if "to" in band else None,
                    Decimal(band["rate"].rstrip("%")) / 100,
                    band.get("tier"),
                    Decimal(band["cap"]) if "cap" in band else None,
                )
                for band in slabs["bands"]
            ),
            delay=int(slabs["delayed_accrual"]) if "delayed_accrual" in slabs else None,
            tiers=tuple(tiers["order"]),
            thresholds=tuple(
                (name, Decimal(least)) for name, least in tiers.get("thresholds", {}).items()
            ),
            caps=tuple((cap["id"], Decimal(cap["points"])) for cap in version.get("caps", [])),
            decimals=int(rounding["decimals"]),
            grain=rounding["grain"],
        )

    def cycle_of(self, day: date) -> date:
        """The first day of the cycle that holds a day; the fiscal year is the calendar's."""
        return date(day.year, day.month - (day.month - 1) % self.months, 1)

    def last_day(self, cycle: date) -> date:
        """The last day of the cycle that starts on a day."""
        after = cycle.year * 12 + cycle.month - 1 + self.months
        return date(after // 12, after % 12 + 1, 1) - timedelta(days=1)

    def band_of(self, net: Decimal) -> Band | None:
        """The slab of a cycle's net sales."""
        below = [band for band in self.bands if band.lower <= net]
        if not below:
            return None
        inside = below[-1].upper is None or net < below[-1].upper
        return below[-1] if inside or self.carry_lower else None

    def tier_of(self, net: Decimal, band: Band | None) -> str | None:
        """The tier that a cycle's net sales earn."""
        if self.thresholds:
            return next(
                (name for name, least in reversed(self.thresholds) if net >= least), self.tiers[0]
            )
        return band.tier if band else self.tiers[0]

    def rounded(self, points: Decimal) -> Decimal:
        """Half up; `decimal` rounds the magnitude."""
        return points.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)


@dataclass(frozen=True)
class Allocation:
    """A partner's award for a cycle, with the figure of every stage."""

    slab: str
    tier: str | None
    basis: Decimal
    rate: Decimal
    raw: Decimal
    rounded: Decimal
    forgone: Decimal
    capped_by: str | None
    points: Decimal
    event_date: date
    accrual_date: date | None


Key = tuple[str, str]  # cycle, partner


@dataclass
class Expected:
    """What the published tables of a program must say, as of a business date."""

    cycle_sales: dict[Key, tuple[Decimal, int]] = field(default_factory=dict)
    slabs: dict[Key, tuple[Decimal, str | None, Decimal, str | None]] = field(default_factory=dict)
    allocations: dict[Key, Allocation] = field(default_factory=dict)
    projected: dict[Key, Decimal] = field(default_factory=dict)
    balances: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)  # promised, current


def compute(documents: Iterable[Counted], rules: Rules, today: date) -> Expected:
    """Every partner and cycle, and the balances of the end of `today` if runs are up to date."""
    expected = Expected()
    in_cycle: dict[tuple[date, str], list[Counted]] = defaultdict(list)
    for document in documents:
        in_cycle[rules.cycle_of(document.day), document.partner].append(document)
    balances: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for (cycle, partner), its in in_cycle.items():
        key = (f"{cycle:%Y-%m}", partner)
        net = sum((document.net for document in its), ZERO)
        band = rules.band_of(net)
        tier = rules.tier_of(net, band)
        expected.cycle_sales[key] = (net, sum(document.documents for document in its))
        expected.slabs[key] = (net, band.id if band else None, band.rate if band else ZERO, tier)
        if band is None:
            continue
        award = _award(its, net, band, tier, rules, rules.last_day(cycle))
        if today <= award.event_date:
            expected.projected[key] = award.points
            continue
        expected.allocations[key] = award
        is_current = award.accrual_date is None or award.accrual_date <= today
        balances[partner][int(is_current)] += award.points
    expected.balances = {
        name: (promised, current) for name, (promised, current) in balances.items()
    }
    return expected


def _award(
    documents: list[Counted],
    net: Decimal,
    band: Band,
    tier: str | None,
    rules: Rules,
    event_date: date,
) -> Allocation:
    earned = list(_earned(documents, band, rules))
    raw = sum(earned, ZERO)
    if rules.grain == "document":
        rounded = sum((rules.rounded(points) for points in earned), ZERO)
    else:
        rounded = rules.rounded(raw)
    rounded = max(rounded, ZERO)
    points, names = rounded, []
    for name, cap in [(band.id, band.cap), *rules.caps]:
        if cap is not None and points > cap:
            points = cap
            names.append(name)
    return Allocation(
        slab=band.id,
        tier=tier,
        basis=net,
        rate=band.rate,
        raw=raw,
        rounded=rounded,
        forgone=rounded - points,
        capped_by=", ".join(names) or None,
        points=points,
        event_date=event_date,
        accrual_date=None if rules.delay is None else event_date + timedelta(days=rules.delay + 1),
    )


def _earned(documents: list[Counted], band: Band, rules: Rules) -> Iterator[Decimal]:
    """The raw points of each document: by the reached rate, or band by band in the total order."""
    if rules.mode == "whole":
        yield from (document.net * band.rate for document in documents)
        return
    level = ZERO
    for document in sorted(documents, key=lambda one: (one.day, one.store, one.number)):
        before, level = level, level + document.net
        yield sum(
            (
                max(ZERO, min(level, each.upper or level) - max(before, each.lower)) * each.rate
                for each in rules.bands
            ),
            ZERO,
        )
