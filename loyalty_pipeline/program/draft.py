"""A version as checks see it: parts that are wrong by themselves are missing.

Belongs here: reading the parts of a raw version one by one, so that one mistake hides no other.
Not here: any check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from loyalty_pipeline.program.base import Part
from loyalty_pipeline.program.campaigns import Campaign
from loyalty_pipeline.program.columns import CustomFields
from loyalty_pipeline.program.finding import Path
from loyalty_pipeline.program.limits import Cap
from loyalty_pipeline.program.notices import Coupon, Message
from loyalty_pipeline.program.rounding import Rounding
from loyalty_pipeline.program.rulesets import Ruleset
from loyalty_pipeline.program.slabs import Band
from loyalty_pipeline.program.strategies import Strategy
from loyalty_pipeline.program.tier_rules import Tiers

P = TypeVar("P", bound=Part)


def attempt(model: type[P], raw: object) -> P | None:
    """The part, or None when it is wrong by itself, which is reported elsewhere."""
    if isinstance(raw, model):
        return raw
    try:
        return model.model_validate(raw, context={"in_file": True})
    except ValidationError:
        return None


@dataclass(frozen=True)
class Parts(Generic[P]):
    """The parts of one list that are right by themselves, each with its place."""

    path: Path
    items: tuple[tuple[int, P], ...]
    names: frozenset[str]  # also of parts that are wrong otherwise
    complete: bool  # whether none is wrong

    def __iter__(self) -> Iterator[tuple[Path, P]]:
        return (((*self.path, number), part) for number, part in self.items)

    def __bool__(self) -> bool:
        return bool(self.items)


@dataclass(frozen=True)
class Table:
    """A slab table: the main one, or one beside it."""

    path: Path
    id: str | None
    raw: Mapping[str, Any]
    bands: tuple[Band | None, ...]

    @property
    def measures(self) -> object:
        """What its bands are about."""
        return self.raw.get("measures", "net_sales")


@dataclass(frozen=True)
class Draft:
    """One version of a file."""

    raw: Mapping[str, Any]
    custom: CustomFields
    tiers: Tiers | None
    rounding: Rounding | None
    tables: tuple[Table, ...]
    strategies: Parts[Strategy]
    rulesets: Parts[Ruleset]
    caps: Parts[Cap]
    campaigns: Parts[Campaign]
    messages: Parts[Message]
    coupons: Parts[Coupon]
    lists: frozenset[str]

    @property
    def tiers_given(self) -> bool:
        """Whether the file has tiers, be they wrong."""
        return self.raw.get("tiers") is not None

    @property
    def knows_tiers(self) -> bool:
        """Whether it is known which tiers there are."""
        return self.tiers is not None or not self.tiers_given

    @property
    def tier_names(self) -> tuple[str, ...]:
        """The tiers, from the base tier upwards."""
        return self.tiers.order if self.tiers else ()

    @property
    def main_table(self) -> Table | None:
        """The table that shows and gives tiers."""
        return next((table for table in self.tables if table.id is None), None)

    @property
    def slab_names(self) -> tuple[str, ...] | None:
        """The slabs that partners are shown in, as the file has them; None where it is unclear."""
        if self.raw.get("slabs") is None:
            return ()
        bands = self.main_table.raw["bands"] if self.main_table else (None,)
        names = [band.get("id") if isinstance(band, Mapping) else None for band in bands]
        known = tuple(name for name in names if isinstance(name, str))
        return known if len(known) == len(names) else None


def draft_of(raw: Mapping[str, Any], custom: CustomFields) -> Draft:
    """Read what can be read of a version."""
    lists = raw.get("lists")
    return Draft(
        raw,
        custom,
        attempt(Tiers, raw["tiers"]) if raw.get("tiers") is not None else None,
        attempt(Rounding, raw.get("rounding", {})),
        tuple(_tables(raw)),
        _parts(Strategy, raw, "strategies"),
        _parts(Ruleset, raw, "rulesets"),
        _parts(Cap, raw, "caps"),
        _parts(Campaign, raw, "campaigns"),
        _parts(Message, raw, "messages"),
        _parts(Coupon, raw, "coupons"),
        frozenset(lists) if isinstance(lists, Mapping) else frozenset(),
    )


def _parts(model: type[P], raw: Mapping[str, Any], key: str) -> Parts[P]:
    given = raw.get(key, ())
    listed = given if isinstance(given, list | tuple) else ()
    read = [(number, attempt(model, part)) for number, part in enumerate(listed)]
    items = tuple((number, part) for number, part in read if part is not None)
    named = [part.get("id") for part in listed if isinstance(part, Mapping)]
    complete = len(items) == len(listed) and isinstance(given, list | tuple)
    return Parts((key,), items, frozenset(n for n in named if isinstance(n, str)), complete)


def _tables(raw: Mapping[str, Any]) -> Iterator[Table]:
    main = raw.get("slabs")
    if isinstance(main, Mapping) and isinstance(main.get("bands"), list | tuple):
        yield _table(main, ("slabs",), None)
    further = raw.get("further_slabs")
    for number, table in enumerate(further if isinstance(further, list | tuple) else ()):
        if isinstance(table, Mapping) and isinstance(table.get("bands"), list | tuple):
            yield _table(table, ("further_slabs", number), str(table.get("id")))


def _table(raw: Mapping[str, Any], path: Path, name: str | None) -> Table:
    return Table(path, name, raw, tuple(attempt(Band, band) for band in raw["bands"]))
