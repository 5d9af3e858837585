"""Rules as relations, the form in which SQL reads them: a rule change is a change of data.

Belongs here: the tables of slabs, tiers and caps, with plain values. Not here: anything that
runs SQL; the rules of events, which their evaluation reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loyalty_pipeline.program.bands import CompleteBand, complete_bands
from loyalty_pipeline.program.limits import in_stage_order
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
    ("rate", "DECIMAL(9,6)"),  # 0 where points or band_rates decide
    ("tier", "VARCHAR"),  # null unless the slab decides the tier
    ("cap", "DECIMAL(18,3)"),
    ("points", "DECIMAL(18,3)"),  # a fixed amount, else null
)
_BAND_RATES = (
    ("segment_no", "INTEGER"),
    ("band_no", "INTEGER"),
    ("tier", "VARCHAR"),
    ("rate", "DECIMAL(9,6)"),
)
_TIERS = (("tier", "VARCHAR"), ("tier_rank", "INTEGER"), ("threshold", "DECIMAL(18,2)"))
_CAPS = (
    ("cap_no", "INTEGER"),  # stages, from narrow to wide
    ("cap_id", "VARCHAR"),
    ("per", "VARCHAR"),
    ("period", "VARCHAR"),  # null: of a line or a document
    ("of", "VARCHAR"),  # null: each one there is; a cap of several has a row for each
    ("points", "DECIMAL(18,3)"),
    ("when_exhausted", "VARCHAR"),
)


def relations_of(rules: EffectiveRules) -> dict[str, Relation]:
    """The rules of one cycle as tables: `bands`, `band_rates`, `tiers`, `caps`, always all."""
    relations = (*_slabs(rules, None), _tiers(rules), _caps(rules))
    return {relation.name: relation for relation in relations}


def slab_relations(rules: EffectiveRules, table_id: str) -> dict[str, Relation]:
    """The `bands` and `band_rates` of a slab table beside the main one.

    In segments whose version has no such table, one band covers all and awards nothing.
    """
    return {relation.name: relation for relation in _slabs(rules, table_id)}


def _slabs(rules: EffectiveRules, table_id: str | None) -> tuple[Relation, Relation]:
    bands: list[tuple[Value, ...]] = []
    rates: list[tuple[Value, ...]] = []
    for segment_no, segment in enumerate(rules.segments):
        version = segment.version
        slabs = version.slabs if table_id is None else version.slab_table(table_id)
        tiers = version.tiers if table_id is None else None
        for band_no, band in enumerate(complete_bands(slabs, tiers)):
            bands.append(
                (
                    segment_no,
                    segment.start,
                    segment.end_exclusive,
                    band_no,
                    *_band(band),
                )
            )
            rates += [(segment_no, band_no, tier, rate) for tier, rate in band.rates]
    return (
        Relation("bands", _BANDS, tuple(bands)),
        Relation("band_rates", _BAND_RATES, tuple(rates)),
    )


def _band(band: CompleteBand) -> tuple[Value, ...]:
    return band.lower, band.upper, band.slab, band.rate, band.tier, band.cap, band.points


def _tiers(rules: EffectiveRules) -> Relation:
    tiers = rules.governing.tiers
    if tiers is None:
        return Relation("tiers", _TIERS, ())
    thresholds = tiers.thresholds or {}
    rows = tuple((tier, rank, thresholds.get(tier)) for rank, tier in enumerate(tiers.order))
    return Relation("tiers", _TIERS, rows)


def _caps(rules: EffectiveRules) -> Relation:
    rows = [
        (number, cap.id, cap.per, cap.over, name, cap.points, cap.when_exhausted)
        for number, cap in enumerate(in_stage_order(rules.governing.caps))
        for name in cap.of or (None,)
    ]
    return Relation("caps", _CAPS, tuple(rows))
