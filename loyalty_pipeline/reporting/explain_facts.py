"""What is known of a partner's cycle when it is explained, and the parts an explanation has.

Belongs here: reading the published figures and the rules they came of. Not here: putting them
into words, which the other `explain` modules do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import EffectiveRules, effective_rules, version_from_json
from loyalty_pipeline.reporting.words import Words
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import Reader

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


class Facts:
    """Everything published about a partner's cycle."""

    def __init__(
        self, home: Home, program: Program, partner_id: str, cycle: str, reader: Reader
    ) -> None:
        """Reads it all.

        Raises:
            NothingToExplainError: the cycle was never computed, or nothing is known of the partner.
        """
        self.program, self.partner_id, self.cycle = program, partner_id, cycle
        asked = {"program": program.program, "partner_id": partner_id, "cycle": cycle}
        found = reader.ask_file("explain/cycle", **asked).as_dicts()
        if not found:
            raise NothingToExplainError(
                f"cycle {cycle} of {program.program} was never computed: run the pipeline first"
            )
        self.found = found[0]
        self.documents = reader.ask_file("explain/documents", **asked).as_dicts()
        self.months = reader.ask_file("explain/months", **asked).as_dicts()
        self.awards = reader.ask_file("explain/awards", **asked).as_dicts()
        self.entries = reader.ask_file("explain/entries", **asked).as_dicts()
        self.tiers = reader.ask_file("explain/tiers", **asked).as_dicts()
        if not (self.found["partner_name"] or self.documents or self.awards or self.tiers):
            self._refuse_a_stranger(reader)
        self.rules, self.is_stale = _rules_as_posted(home, program, cycle, self.found["rules_hash"])
        self.words = Words(program.currency)

    def _refuse_a_stranger(self, reader: Reader) -> None:
        """A slip of the pen is told as one, and not explained as a partner without sales."""
        asked = {"program": self.program.program, "partner": self.partner_id}
        known = reader.ask_file("marts/statement_partner", **asked, first=None, last=None).rows
        if not known:
            raise NothingToExplainError(
                f"cycle {self.cycle} of {self.program.program} has nothing of partner "
                f"{self.partner_id}, who is in no partners file and has no entry: "
                f"check the identity"
            )


class Key:
    """An allocation key, taken apart; of what a merged partner was promised, the award's."""

    def __init__(self, allocation_key: str) -> None:
        award = allocation_key.partition("//")[0]
        self.parts = tuple(
            part.replace("%2F", "/").replace("%25", "%") for part in award.split("/")
        )

    def _part(self, number: int) -> str:
        return self.parts[number] if number < len(self.parts) else ""

    @property
    def event(self) -> str:
        """What earned: `slabs`, `campaign` or the name of an event."""
        return self._part(1)

    @property
    def is_of_event(self) -> bool:
        """Whether an event earned, and not the slabs of a cycle."""
        return self.event != "slabs"

    @property
    def promotion(self) -> str | None:
        """The multiplier whose extra points these are."""
        return None if self._part(4) in ("", "-") or self.event == "campaign" else self._part(4)

    @property
    def unit(self) -> str | None:
        """The line number or the payment mode, where one earned."""
        return None if self._part(5) in ("", "-") else self._part(5)

    @property
    def identity(self) -> tuple[str, ...]:
        """The event, whatever rules awarded for it."""
        start = 2 if self.event in ("slabs", "campaign") else 7
        return (self.event, *self.parts[start:])

    @property
    def award(self) -> tuple[str, ...]:
        """The award, whatever tranches it has."""
        return (*self.parts[:6], self._part(6).partition("~")[2], *self.parts[7:])

    def in_words(self) -> str:
        """What earned, as a person would say it."""
        match self.event:
            case "transaction":
                return f"{self._part(9).replace('_', ' ')} {self._part(10)}"
            case "claim":
                return f"claimed invoice {self._part(10)}"
            case "scan":
                return f"scan {self._part(8)}"
            case "customer_update":
                return f"new details of {self._part(8)}"
            case "campaign":
                return f"campaign {self._part(2)}"
            case "slabs":
                return " ".join(("slabs", *self.parts[2:]))
            case "cycle_close":
                return f"the close of cycle {self._part(0)}"
        return self.event.replace("_", " ")


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
