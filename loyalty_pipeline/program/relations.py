"""Rules as relations, the form in which SQL reads them: a rule change is a change of data.

Belongs here: the tables, with columns in the contract's order and plain values. Not here:
anything that runs SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loyalty_pipeline.program.bands import complete_bands
from loyalty_pipeline.program.versions import EffectiveRules

Value = Decimal | date | str | int | None


@dataclass(frozen=True)
class Relation:
    """A small table: name, columns with their SQL types, rows of plain values."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Value, ...], ...]


_BANDS = (
    ("segment_no", "INTEGER"),
    ("segment_from", "DATE"),
    ("segment_to", "DATE"),  # exclusive
    ("band_no", "INTEGER"),
    ("band_from", "DECIMAL(18,2)"),  # null: unbounded below
    ("band_to", "DECIMAL(18,2)"),  # exclusive; null: open
    ("slab", "VARCHAR"),  # null: nothing is awarded
    ("rate", "DECIMAL(9,6)"),
    ("tier", "VARCHAR"),  # null unless the slab decides the tier
    ("cap", "DECIMAL(18,3)"),
)
_TIERS = (("tier", "VARCHAR"), ("tier_rank", "INTEGER"), ("threshold", "DECIMAL(18,2)"))
_CAPS = (("cap_id", "VARCHAR"), ("points", "DECIMAL(18,3)"))


def relations_of(rules: EffectiveRules) -> dict[str, Relation]:
    """The rules of one cycle as tables: `bands`, `tiers` and `caps`, always all three."""
    relations = (_bands(rules), _tiers(rules), _caps(rules))
    return {relation.name: relation for relation in relations}


def _bands(rules: EffectiveRules) -> Relation:
    rows: list[tuple[Value, ...]] = []
    for segment_no, segment in enumerate(rules.segments):
        bands = complete_bands(segment.version.slabs, segment.version.tiers)
        for band_no, band in enumerate(bands):
            rows.append(
                (
                    segment_no,
                    segment.start,
                    segment.end_exclusive,
                    band_no,
                    band.lower,
                    band.upper,
                    band.slab,
                    band.rate,
                    band.tier,
                    band.cap,
                )
            )
    return Relation("bands", _BANDS, tuple(rows))


def _tiers(rules: EffectiveRules) -> Relation:
    tiers = rules.governing.tiers
    if tiers is None:
        return Relation("tiers", _TIERS, ())
    thresholds = tiers.thresholds or {}
    rows = tuple((tier, rank, thresholds.get(tier)) for rank, tier in enumerate(tiers.order))
    return Relation("tiers", _TIERS, rows)


def _caps(rules: EffectiveRules) -> Relation:
    return Relation("caps", _CAPS, tuple((cap.id, cap.points) for cap in rules.governing.caps))
