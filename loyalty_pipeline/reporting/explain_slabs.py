"""The part of an explanation that is about sales and slabs: from documents to a cycle's points.

Belongs here: documents, net sales, the slab reached and what it pays. Not here: awards of events
(`explain_events`), entries (`explain_ledger`).
"""

from __future__ import annotations

from typing import Any

from loyalty_pipeline.program.bands import complete_bands
from loyalty_pipeline.program.base import percent
from loyalty_pipeline.program.slabs import Slabs
from loyalty_pipeline.reporting.explain_facts import ZERO, Facts, Key, Row, Section


def documents(facts: Facts) -> Section:
    """Every document that bears on the partner's sales, and what of it counts."""
    words = facts.words
    rows: list[tuple[Any, ...]] = []
    for row in facts.documents:
        status = row["status"]
        counts = row["net_amount"] if status == "counted" else ZERO  # else what it would add
        if row["taken"] is not None and status == "counted":
            status = f"took {words.money(row['taken'])} from {row['original_document_no']}"
        if row["partner_id"] != facts.partner_id:
            status, counts = f"{status} for {row['partner_id']}", ZERO
        rows.append(
            (
                row["document_date"],
                row["document_no"],
                row["document_type"],
                row["distributor_name"] or row["distributor_id"] or "",
                words.money(row["amount"]),
                words.money(counts),
                status,
                row["reason"] or "",
            )
        )
    columns = ("date", "number", "type", "distributor", "amount", "counts", "status", "why")
    shown = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    section = Section("Documents", [], columns[:shown], [row[:shown] for row in rows])
    if not rows:
        section.lines.append("None.")
    return section


def sales(facts: Facts) -> Section:
    """Net sales by month, and whether they add up to what the cycle was computed with."""
    words = facts.words
    total = sum((row["net_sales"] for row in facts.months), ZERO)
    section = Section("Sales")
    for row in facts.months:
        section.lines.append(
            f"{row['month']}: {words.money(row['net_sales'])} "
            f"from {row['documents']} document{'s' if row['documents'] != 1 else ''}"
        )
    section.lines.append(f"Net sales of the cycle: {words.money(total)}")
    recorded, counted = facts.found["cycle_sales"], facts.found["net_sales"]
    names = _categories(facts)
    if recorded is not None and recorded != total:
        section.lines.append(f"This disagrees with the recorded {words.money(recorded)}!")
    elif counted is not None and names:
        section.lines.append(f"Of {names}, which the slab table counts: {words.money(counted)}")
    elif counted is not None and counted != total:
        section.lines.append(f"The slab was computed with {words.money(counted)}, which disagrees!")
    return section


def _categories(facts: Facts) -> str:
    """The categories that the main slab table counts; nothing where it counts all sales."""
    slabs = facts.rules.governing.slabs if facts.rules else None
    return ", ".join(slabs.categories or ()) if slabs else ""


def slab(facts: Facts) -> list[Section]:
    """The slab and the tier that the cycle reached; nothing for a program without either."""
    words, found = facts.words, facts.found
    if found["net_sales"] is None:
        return []
    slabs = facts.rules.governing.slabs if facts.rules else None
    section = Section("Slab" if slabs or facts.rules is None else "Tier")
    if found["slab"] is not None:
        reached = f"{words.money(found['net_sales'])} lies in slab {found['slab']}"
        if slabs is not None and slabs.measures != "net_sales":
            reached = f"Slab {found['slab']} is reached by {slabs.measures}"
        section.lines.append(f"{reached}: {_pays(facts, slabs)}.")
        section.lines += _how_the_rate_applies(facts)
    elif section.title == "Slab":
        section.lines.append(
            f"{words.money(found['net_sales'])} reaches no slab that earns points."
        )
    if found["tier"]:
        section.lines.append(f"Tier earned by the cycle: {found['tier']}.")
    return [section] if section.lines else []


def _pays(facts: Facts, slabs: Slabs | None) -> str:
    bands = slabs.bands if slabs else ()
    points = next((b.points for b in bands if b.id == facts.found["slab"]), None)
    if points is not None:
        return f"{facts.words.figure(points)} points"
    return f"rate {facts.words.rate(facts.found['rate'])}"


def _how_the_rate_applies(facts: Facts) -> list[str]:
    rules, words = facts.rules, facts.words
    if rules is None or rules.governing.slabs is None:
        return []
    if len(rules.segments) > 1:
        parts = ", ".join(
            f"version {s.version.label} from {words.day(s.start)}" for s in rules.segments
        )
        return [f"Sales are rated by the version in force on their date: {parts}."]
    if rules.governing.slabs.mode == "whole":
        names = _categories(facts)
        of = f"of {names} in the cycle" if names else "of the cycle"
        return [f"The reached rate applies to all sales {of}."]
    lines = ["Each slab's rate applies to the sales inside it:"]
    net = facts.found["net_sales"]
    for band in complete_bands(rules.governing.slabs, rules.governing.tiers):
        start = band.lower or ZERO
        if band.slab is None or net <= start:
            continue
        inside = min(net, band.upper if band.upper is not None else net) - start
        lines.append(
            f"  {band.slab}: {words.money(inside)} × {percent(band.rate)} = "
            f"{words.figure(inside * band.rate)}"
        )
    return lines


def points(facts: Facts, award: Row) -> Section:
    """What the slabs of a cycle, or of a month of it, pay."""
    words, key = facts.words, Key(award["allocation_key"])
    rounding = facts.rules.governing.rounding if facts.rules else None
    # Of months, and of tables beside the main one, the key says which.
    of = f" of {key.parts[2]}" if len(key.parts) > 2 else ""
    section = Section(f"Points{of}, projected" if award["is_projected"] else f"Points{of}")
    if _is_a_product(facts, award) and not of:
        basis = f"{words.money(award['basis_amount'])} × {words.rate(award['rate'])} = "
    else:
        basis = "Before rounding: "
    section.lines.append(f"{basis}{words.figure(award['raw_points'])}")
    if rounding:
        where = "each document" if rounding.slab_grain == "document" else "once a cycle"
        section.lines.append(
            f"Rounded {rounding.mode.replace('_', ' ')} to {rounding.decimals} decimals, "
            f"{where}: {words.figure(award['rounded_points'])}"
        )
    section.lines += taken_by_caps(facts, [award]) or ["No cap took anything."]
    section.lines.append(f"Points: {words.figure(award['points'])}")
    return section


def _is_a_product(facts: Facts, award: Row) -> bool:
    return (
        facts.rules is not None
        and facts.rules.governing.slabs is not None
        and facts.rules.governing.slabs.mode == "whole"
        and len(facts.rules.segments) == 1
        and bool(award["rate"])
    )


def taken_by_caps(facts: Facts, awards: list[Row]) -> list[str]:
    """What each cap took of an award, whose tranches are `awards`; nothing if none did."""
    words = facts.words
    forgone = sum((award["forgone_points"] for award in awards), ZERO)
    if not forgone:
        return []
    names = next((award["capped_by"] for award in awards if award["capped_by"]), "a cap")
    lines = [f"Capped by {names}: {words.figure(forgone)} forgone"]
    told = next((award["forgone_by"] for award in awards if award["forgone_by"]), "")
    takes = [take.rpartition("=") for take in told.split(", ") if take]
    if len(takes) > 1:
        lines += [f"  {cap} took {took}" for cap, _, took in takes]
    return lines


def next_slab(facts: Facts) -> Section:
    """What is missing to the next slab, and the tier that the cycle would earn by it."""
    words, found = facts.words, facts.found
    rules = facts.rules.governing if facts.rules else None
    by_slab = rules is not None and rules.tiers is not None and rules.tiers.from_ == "slab"
    bands = rules.slabs.bands if rules and rules.slabs and by_slab else ()
    tier = next((band.tier for band in bands if band.id == found["next_slab"]), None)
    reached = f"{found['next_slab']} and tier {tier}" if tier else found["next_slab"]
    pays = (
        f", which pays {words.figure(found['points_at_next_slab'])} points"
        if found["points_at_next_slab"] is not None
        else ""
    )
    names = _categories(facts)
    of = f" of {names}" if names else ""
    return Section(
        "Next slab",
        [f"{words.money(found['gap_to_next_slab'])} more sales{of} reach {reached}{pays}."],
    )


def next_tier(facts: Facts) -> list[Section]:
    """What is missing to the next tier, where something other than the slab earns tiers."""
    words, found = facts.words, facts.found
    tiers = facts.rules.governing.tiers if facts.rules else None
    if tiers is None or tiers.from_ == "slab" or not found["next_tier"]:
        return []
    gap = found["gap_to_next_tier"]
    if tiers.from_ == "points_earned":
        missing = f"{words.figure(gap)} more points, earned in the cycle,"
    elif tiers.from_ == "cycle_sales":
        missing = f"{words.money(gap)} more sales in the cycle"
    else:
        missing = f"{words.money(gap)} more sales, counted over {tiers.from_.window} cycles,"
    return [Section("Next tier", [f"{missing} reach {found['next_tier']}."])]
