"""Why a partner has these points for this cycle: every figure from documents to ledger.

Belongs here: putting the published figures into words that add up (SPEC 8). Not here:
computing a figure; where two that must agree do not, it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.program.bands import complete_bands
from loyalty_pipeline.program.base import percent
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import EffectiveRules, effective_rules, version_from_json
from loyalty_pipeline.reporting.words import Words
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import Reader, open_reader

ZERO = Decimal(0)
Row = dict[str, Any]


@dataclass
class Section:
    """A heading with sentences, and a table where figures line up better than they read."""

    title: str
    lines: list[str] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)


class NothingToExplainError(LookupError):
    """There is no such cycle, partner or entry in the published file."""


def explain(home: Home, program: Program, partner_id: str, cycle: str) -> list[Section]:
    """The sections of an explanation, in the order of the data.

    Raises:
        NothingToExplainError: the cycle was never computed.
        CycleNameError: no cycle has that name.
    """
    program.calendar.parse(cycle)
    with open_reader(home) as reader:
        asked = {"program": program.program, "partner_id": partner_id, "cycle": cycle}
        found = reader.ask_file("explain/cycle", **asked).as_dicts()
        if not found:
            raise NothingToExplainError(
                f"cycle {cycle} of {program.program} was never computed: run the pipeline first"
            )
        facts = _Facts(home, program, partner_id, cycle, found[0], reader, asked)
    return facts.sections()


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


class _Facts:
    """Everything published about a partner's cycle."""

    def __init__(
        self,
        home: Home,
        program: Program,
        partner_id: str,
        cycle: str,
        found: Row,
        reader: Reader,
        asked: dict[str, str],
    ) -> None:
        self.program, self.partner_id, self.cycle = program, partner_id, cycle
        self.found = found
        self.documents = reader.ask_file("explain/documents", **asked).as_dicts()
        self.months = reader.ask_file("explain/months", **asked).as_dicts()
        self.awards = reader.ask_file("explain/awards", **asked).as_dicts()
        self.entries = reader.ask_file("explain/entries", **asked).as_dicts()
        self.rules, self.is_stale = _rules_as_posted(home, program, cycle, found["rules_hash"])
        self.words = Words(program.currency)

    def sections(self) -> list[Section]:
        parts = [self._opening(), self._documents(), self._sales()]
        if self.found["net_sales"] is not None:
            parts.append(self._slab())
        parts += [self._points(award) for award in self.awards]
        if self.entries:
            parts += [self._promise(), self._ledger()]
        if self.found["next_slab"]:
            parts.append(self._next_slab())
        return parts

    def _opening(self) -> Section:
        name = f" ({self.found['partner_name']})" if self.found["partner_name"] else ""
        start, end = self.words.day(self.found["starts_on"]), self.words.day(self.found["ends_on"])
        state = (
            "The cycle has ended; its award is posted."
            if self.found["state"] == "closed"
            else "The cycle is open; its award is projected, not posted."
        )
        lines = [f"{start} to {end}. {state}", f"Rules: version {self.found['rules_version']}."]
        if self.is_stale:
            lines.append(
                "The rules have changed since; the figures below are as posted. "
                "A backfill would post the difference."
            )
        title = f"{self.program.name}, cycle {self.cycle}, partner {self.partner_id}{name}"
        return Section(title, lines)

    def _documents(self) -> Section:
        words = self.words
        rows: list[tuple[Any, ...]] = []
        for row in self.documents:
            status, counts = row["status"], row["net_amount"]
            if row["taken"] is not None and status == "counted":
                status = f"took {words.money(row['taken'])} from {row['original_document_no']}"
            if row["partner_id"] != self.partner_id:
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

    def _sales(self) -> Section:
        total = sum((row["net_sales"] for row in self.months), ZERO)
        section = Section("Sales")
        for row in self.months:
            section.lines.append(
                f"{row['month']}: {self.words.money(row['net_sales'])} "
                f"from {row['documents']} document{'s' if row['documents'] != 1 else ''}"
            )
        section.lines.append(f"Net sales of the cycle: {self.words.money(total)}")
        recorded = self.found["net_sales"]
        if recorded is not None and recorded != total:
            section.lines.append(f"This disagrees with the recorded {self.words.money(recorded)}!")
        return section

    def _slab(self) -> Section:
        words, found = self.words, self.found
        section = Section("Slab")
        if found["slab"] is None:
            section.lines.append(
                f"{words.money(found['net_sales'])} reaches no slab that earns points."
            )
        else:
            section.lines.append(
                f"{words.money(found['net_sales'])} lies in slab {found['slab']}: "
                f"rate {words.rate(found['rate'])}."
            )
            section.lines += self._how_the_rate_applies()
        if found["tier"]:
            section.lines.append(f"Tier earned by the cycle: {found['tier']}.")
        return section

    def _how_the_rate_applies(self) -> list[str]:
        rules = self.rules
        if rules is None or rules.governing.slabs is None:
            return []
        if len(rules.segments) > 1:
            parts = ", ".join(
                f"version {s.version.label} from {self.words.day(s.start)}" for s in rules.segments
            )
            return [f"Sales are rated by the version in force on their date: {parts}."]
        if rules.governing.slabs.mode == "whole":
            return ["The reached rate applies to all sales of the cycle."]
        lines = ["Each slab's rate applies to the sales inside it:"]
        net = self.found["net_sales"]
        for band in complete_bands(rules.governing.slabs, rules.governing.tiers):
            start = band.lower or ZERO
            if band.slab is None or net <= start:
                continue
            inside = min(net, band.upper if band.upper is not None else net) - start
            lines.append(
                f"  {band.slab}: {self.words.money(inside)} × {percent(band.rate)} = "
                f"{self.words.figure(inside * band.rate)}"
            )
        return lines

    def _points(self, award: Row) -> Section:
        words = self.words
        rounding = self.rules.governing.rounding if self.rules else None
        title = "Points, projected" if award["is_projected"] else "Points"
        section = Section(title)
        is_whole = (
            self.rules is not None
            and self.rules.governing.slabs is not None
            and self.rules.governing.slabs.mode == "whole"
            and len(self.rules.segments) == 1
        )
        basis = f"{words.money(award['basis_amount'])} × {words.rate(award['rate'])} = "
        section.lines.append(
            f"{basis if is_whole else 'Before rounding: '}{words.figure(award['raw_points'])}"
        )
        if rounding:
            where = "each document" if rounding.slab_grain == "document" else "once a cycle"
            section.lines.append(
                f"Rounded {rounding.mode.replace('_', ' ')} to {rounding.decimals} decimals, "
                f"{where}: {words.figure(award['rounded_points'])}"
            )
        if award["forgone_points"]:
            section.lines.append(
                f"Capped by {award['capped_by']}: {words.figure(award['forgone_points'])} forgone"
            )
        else:
            section.lines.append("No cap took anything.")
        section.lines.append(f"Points: {words.figure(award['points'])}")
        return section

    def _promise(self) -> Section:
        words = self.words
        section = Section("Promise and release")
        if not any(row["kind"] == "promise" for row in self.entries):
            section.lines.append("Direct points: current from the day they were posted.")
            return section
        for row in self.entries:
            if row["kind"] == "promise":
                section.lines.append(
                    f"{words.figure(row['points'])} promised on {words.day(row['posted_on'])}, "
                    f"to accrue on {words.day(row['accrual_date'])}"
                )
            elif row["kind"] == "release":
                section.lines.append(
                    f"{words.figure(row['points'])} released, current from "
                    f"{words.day(row['effective_date'])}"
                )
        still_open = self._held("promised")
        section.lines.append(f"Still promised: {words.figure(still_open)}")
        return section

    def _ledger(self) -> Section:
        words = self.words
        rows, total = [], ZERO
        for row in self.entries:
            change = {"issued": row["points"]}.get(row["from_account"], ZERO)
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
                )
            )
        columns = ("posted", "entry", "kind", "move", "points", "awarded", "reason")
        section = Section("Ledger", [], columns, rows)
        allocated = sum((a["points"] for a in self.awards if not a["is_projected"]), ZERO)
        corrections = sum(
            row["kind"] != "release" and row["reason"] != "cycle award" for row in self.entries
        )
        section.lines.append(
            f"Posted {words.figure(total)}, allocated {words.figure(allocated)}"
            + (": they agree." if total == allocated else ": THEY DISAGREE.")
        )
        section.lines.append(
            f"Of it current {words.figure(self._held('current'))}, "
            f"promised {words.figure(self._held('promised'))}. "
            f"Corrections since the first posting: {corrections}."
        )
        return section

    def _next_slab(self) -> Section:
        words, found = self.words, self.found
        return Section(
            "Next slab",
            [
                f"{words.money(found['gap_to_next_slab'])} more sales reach {found['next_slab']}, "
                f"which pays {words.figure(found['points_at_next_slab'])} points."
            ],
        )

    def _held(self, account: str) -> Decimal:
        return sum(
            (
                row["points"] * ((row["to_account"] == account) - (row["from_account"] == account))
                for row in self.entries
            ),
            ZERO,
        )


def _rules_as_posted(
    home: Home, program: Program, cycle: str, rules_hash: str | None
) -> tuple[EffectiveRules | None, bool]:
    """The rules whose hash the posting carries, and whether newer ones are in force."""
    period = program.calendar.parse(cycle)
    now = effective_rules(program, period)
    if now.hash == rules_hash:
        return now, False
    for commit in reversed(program_state(program_journal(home, program.program)).commits):
        if commit.draft.kind == "rules":
            versions = tuple(version_from_json(text) for text in commit.draft.details["versions"])
            then = effective_rules(program.model_copy(update={"versions": versions}), period)
            if then.hash == rules_hash:
                return then, True
    return None, True
