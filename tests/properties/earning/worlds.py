"""Random small histories: a few partners, a few documents, two or three business days.

Belongs here: what arrives when. Not here: the rules it arrives under (`programs`).

Few numbers, partners and days make documents meet: amended, returned, moved to another cycle.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from loyalty_pipeline.program.loader import ProgramFileError, load_program
from tests.properties.earning.chance import FIRST_DAY
from tests.properties.earning.chance_feeds import ChanceOfFeeds
from tests.properties.earning.chance_instructions import ChanceOfInstructions
from tests.properties.earning.chance_sales import ChanceOfSales
from tests.properties.earning.deliveries import Step
from tests.properties.earning.drawing import FEATURES, Features
from tests.properties.earning.programs import as_yaml, programs
from tests.properties.earning.republished import republished, restored, rewritten


@dataclass(frozen=True, repr=False)
class World:
    """A program and what happens under it."""

    program: dict[str, Any]
    features: Features
    steps: tuple[Step, ...]

    def __repr__(self) -> str:  # the failing test prints it as files, which is easier to read
        return f"<a world with {', '.join(sorted(self.features))}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


def worlds(features: Features = FEATURES) -> st.SearchStrategy[World]:
    """A random program with some of the features, and a random history."""
    return st.composite(lambda draw: _world(draw, features))()


def refusals(program: dict[str, Any]) -> list[str]:
    """Why the loader would not take a program."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(as_yaml(program))
        file.flush()
        try:
            load_program(Path(file.name))
        except ProgramFileError as error:
            return [str(found) for found in error.errors]
    return []


def _world(draw: st.DrawFn, features: Features) -> World:
    drawn = draw(programs(features))
    assume(not refusals(drawn.program))  # a few say something that could never matter
    chance = _Chance(draw, features, drawn)
    # Every cycle is computed again after each day, so most worlds are short and a few are long.
    of_months = drawn.program["versions"][0]["cycle"] == "month"
    is_long = draw(st.integers(0, 3)) == 3
    last = (120 if is_long else 45) if of_months else (120 if is_long else 95)
    most = 3 if is_long else 2
    days = sorted(draw(st.lists(st.integers(5, last), min_size=1, max_size=most, unique=True)))
    if "campaigns" in drawn.features:  # what is dated before the first run does not happen
        days[0] = draw(st.integers(2, 5))
    steps = []
    for number, after in enumerate(days):
        today = FIRST_DAY + timedelta(days=after)
        steps.append(chance.step(today, first=number == 0))
    end = 200 if is_long else days[-1] + (32 if of_months else 92)
    steps.append(Step(FIRST_DAY + timedelta(days=end), again=chance.has("again", one_in=4)))
    if chance.has("republished", one_in=4):
        program, features_used = draw(republished(drawn.program, features))
        assume(not refusals(program))
        chance.used |= features_used
        place = draw(st.integers(min(1, len(steps) - 1), len(steps) - 1))
        steps[place] = replace(steps[place], program=program)
    elif chance.has("rewritten", one_in=4):
        other = draw(programs(features))
        rules = rewritten(drawn.program, other.program)
        if rules is not None and not refusals(rules):
            chance.used |= other.features
            place = draw(st.integers(min(1, len(steps) - 1), len(steps) - 1))
            steps[place] = replace(steps[place], program=rules)
    for number, step in enumerate(steps[:-1]):
        rules = restored(drawn.program, step.program) if step.program else None
        if rules is not None and chance.has("restored"):
            place = draw(st.integers(number + 1, len(steps) - 1))
            steps[place] = replace(steps[place], program=rules)
            break
    return World(drawn.program, drawn.features | frozenset(chance.used), tuple(steps))


class _Chance(ChanceOfSales, ChanceOfFeeds, ChanceOfInstructions):
    """Draws what arrives."""

    def step(self, today: date, *, first: bool) -> Step:
        features = self._drawn.features
        sales = self._sales(today, first=first)
        return Step(
            today,
            sales,
            self._partners(today, first=first) if "partners" in features else (),
            self._scans(today) if "scans" in features else (),
            self._targets() if "targets" in features else (),
            (
                *self._tier_instructions(today),
                *self._promise_instructions(today),
                *self._merges(today),
            ),
            self._stores() if "stores" in features else (),
            self._payments(),
            self._claims(today) if "claims" in features else (),
            self._redemptions(today),
        )
