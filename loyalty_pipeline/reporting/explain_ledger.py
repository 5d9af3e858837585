"""The part of an explanation that is about the ledger: promises, releases and every entry.

Belongs here: what was posted, and whether it is what was allocated. Not here: how an award came
about (`explain_slabs`, `explain_events`).
"""

from __future__ import annotations

from decimal import Decimal

from loyalty_pipeline.reporting.explain_facts import ZERO, Facts, Key, Section

# What a first award of something is called; any other reason is a correction.
_FIRST = ("cycle award", "award")


def promise(facts: Facts) -> Section:
    """What was promised, released and forfeited."""
    words = facts.words
    section = Section("Promise and release")
    if not any(row["kind"] == "promise" for row in facts.entries):
        section.lines.append("Direct points: current from the day they were posted.")
        return section
    for row in facts.entries:
        key = Key(row["allocation_key"])
        of = f" for {key.in_words()}" if key.is_of_event else ""
        points = words.figure(row["points"])
        if row["kind"] == "promise":
            section.lines.append(
                f"{points} promised{of} on {words.day(row['posted_on'])}, "
                f"to accrue on {words.day(row['accrual_date'])}"
            )
        elif row["kind"] == "release":
            section.lines.append(
                f"{points} released{of}, current from {words.day(row['effective_date'])}"
            )
        elif row["kind"] == "forfeit":
            section.lines.append(
                f"{points} forfeited{of} on {words.day(row['posted_on'])}: {row['reason']}"
            )
    section.lines.append(f"Still promised: {words.figure(_held(facts, 'promised'))}")
    return section


def ledger(facts: Facts) -> Section:
    """Every entry, and whether they add up to what is allocated."""
    words = facts.words
    rows, total = [], ZERO
    for row in facts.entries:
        change = row["points"] if row["from_account"] == "issued" else ZERO
        change -= row["points"] if row["to_account"] == "issued" else ZERO
        total += change
        rows.append(
            (
                row["posted_on"],
                row["entry_id"],
                row["kind"],
                f"{row['from_account']} → {row['to_account']}",
                words.figure(row["points"]),
                words.figure(total),
                row["reason"],
                Key(row["allocation_key"]).in_words(),
            )
        )
    columns = ("posted", "entry", "kind", "move", "points", "awarded", "reason", "for")
    of_events = any(Key(row["allocation_key"]).is_of_event for row in facts.entries)
    shown = len(columns) if of_events else len(columns) - 1
    section = Section("Ledger", [], columns[:shown], [row[:shown] for row in rows])
    allocated = sum((a["points"] for a in facts.awards if not a["is_projected"]), ZERO)
    forfeited = _held(facts, "forfeited")
    corrections = sum(
        row["kind"] in ("award", "promise", "reversal") and row["reason"] not in _FIRST
        for row in facts.entries
    )
    section.lines.append(
        f"Posted {words.figure(total)}, allocated {words.figure(allocated)}: "
        + _agreement(total - allocated, forfeited)
    )
    section.lines.append(
        f"Of it current {words.figure(_held(facts, 'current'))}, "
        f"promised {words.figure(_held(facts, 'promised'))}"
        + (f", forfeited {words.figure(forfeited)}" if forfeited else "")
        + f". Corrections since the first posting: {corrections}."
    )
    return section


def _agreement(beyond: Decimal, forfeited: Decimal) -> str:
    """Whether so much may be posted beyond what is allocated: not more than was forfeited."""
    if not beyond:
        return "they agree."
    if 0 < beyond <= forfeited:
        return "they agree, since what was forfeited stays posted."
    return "THEY DISAGREE."


def _held(facts: Facts, account: str) -> Decimal:
    return sum(
        (
            row["points"] * ((row["to_account"] == account) - (row["from_account"] == account))
            for row in facts.entries
        ),
        ZERO,
    )
