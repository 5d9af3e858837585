"""Why a partner has these points for this cycle: every figure from documents to ledger.

Belongs here: which parts an explanation has, in which order (SPEC 8). Not here: computing a
figure, or its words, which are in the other `explain` modules; where two figures that must agree
do not, they say so.
"""

from __future__ import annotations

from collections.abc import Sequence

from loyalty_pipeline.program.model import Program
from loyalty_pipeline.reporting import explain_events, explain_ledger, explain_slabs
from loyalty_pipeline.reporting.explain_facts import Facts, Key, NothingToExplainError, Section
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader

__all__ = ["NothingToExplainError", "Section", "as_text", "explain", "explain_entry"]


def explain(home: Home, program: Program, partner_id: str, cycle: str) -> list[Section]:
    """The sections of an explanation, in the order of the data.

    Raises:
        NothingToExplainError: the cycle was never computed.
        CycleNameError: no cycle has that name.
    """
    program.calendar.parse(cycle)
    with open_reader(home) as reader:
        facts = Facts(home, program, partner_id, cycle, reader)
    return _sections(facts)


def explain_entry(home: Home, program: Program, entry_id: int) -> list[Section]:
    """The explanation of the award that an entry belongs to.

    Raises:
        NothingToExplainError: the program has no such entry.
    """
    with open_reader(home) as reader:
        rows = reader.ask_file("explain/entry", program=program.program, entry_id=entry_id).rows
    if not rows:
        raise NothingToExplainError(f"{program.program} has no entry {entry_id}")
    return explain(home, program, *rows[0])


def as_text(sections: Sequence[Section]) -> str:
    """An explanation as plain text."""
    parts = []
    for section in sections:
        lines = [section.title, *(f"  {line}" for line in section.lines)]
        if section.rows:
            table = [section.columns, *([str(cell) for cell in row] for row in section.rows)]
            widths = [max(len(row[i]) for row in table) for i in range(len(section.columns))]
            lines += [
                "    " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
                for row in table
            ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _sections(facts: Facts) -> list[Section]:
    parts = [
        _opening(facts),
        explain_slabs.documents(facts),
        explain_slabs.sales(facts),
        *explain_slabs.slab(facts),
    ]
    of_events = [award for award in facts.awards if Key(award["allocation_key"]).is_of_event]
    of_slabs = [award for award in facts.awards if award not in of_events]
    if of_events:
        parts += explain_events.tiers(facts)
        parts += explain_events.awards(facts, of_events)
    parts += [explain_slabs.points(facts, award) for award in of_slabs]
    if facts.entries:
        parts += [explain_ledger.promise(facts), explain_ledger.ledger(facts)]
    if facts.found["next_slab"]:
        parts.append(explain_slabs.next_slab(facts))
    parts += explain_slabs.next_tier(facts)
    return parts


def _opening(facts: Facts) -> Section:
    found, words = facts.found, facts.words
    name = f" ({found['partner_name']})" if found["partner_name"] else ""
    if found["state"] == "closed":
        state = "The cycle has ended; its award is posted."
    elif any(Key(award["allocation_key"]).is_of_event for award in facts.awards):
        state = "The cycle is open: what events earned is posted, what its close pays is projected."
    else:
        state = "The cycle is open; its award is projected, not posted."
    lines = [
        f"{words.day(found['starts_on'])} to {words.day(found['ends_on'])}. {state}",
        f"Rules: version {found['rules_version']}.",
    ]
    if facts.is_stale:
        lines.append(
            "The rules have changed since; the figures below are as posted. "
            "A backfill would post the difference."
        )
    title = f"{facts.program.name}, cycle {facts.cycle}, partner {facts.partner_id}{name}"
    return Section(title, lines)
