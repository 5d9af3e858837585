"""What a `case.yaml` says, or every mistake in it with its line.

Belongs here: the keys of a case and what they mean together. Not here: running it (`runner`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from loyalty_pipeline.program import yaml_text
from loyalty_pipeline.program.base import Day, Identifier, Part
from loyalty_pipeline.program.columns import CustomFields, custom_fields
from loyalty_pipeline.program.feeds import CANONICAL_COLUMNS, WITH_CUSTOM_FIELDS, FeedName
from loyalty_pipeline.program.loader import RuleError, field_name
from loyalty_pipeline.program.messages import keys_of, worded
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.yaml_text import Document

CASE_FILE = "case.yaml"
RULES_FILE = "program.yaml"


class AsOf(Part):
    """What is asked about: the end of a day in the accounts, as known at the end of another."""

    effective: Day | None = None
    known: Day | None = None


class SqlExpectation(Part):
    """A query and the rows it must answer."""

    query: str = Field(min_length=1)
    rows: str = Field(description="CSV file of the expected rows.")


class TextExpectation(Part):
    """A command and texts that its output must contain."""

    command: str = Field(min_length=1)
    contains: tuple[str, ...] = Field(min_length=1)


class Expectations(Part):
    """What must be there after a step, or after the last one."""

    expect: dict[str, str] = Field(default_factory=dict, description="Table: CSV file.")
    expect_sql: tuple[SqlExpectation, ...] = ()
    expect_text: tuple[TextExpectation, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing is expected."""
        return not (self.expect or self.expect_sql or self.expect_text)


class Step(Expectations):
    """One business day: what comes in, and what must be there after it."""

    on: Day = Field(description="The business date while the step runs.")
    rules: str | None = Field(None, description="Program file to publish and backfill.")
    land: tuple[str, ...] = Field((), description="Feed files, later ones count as later.")
    refused: tuple[str, ...] = Field((), description="Texts of the message of a refusal.")
    run_again: bool = Field(False, description="Run once more, after which nothing is new.")
    as_of: AsOf | None = None


class Case(Expectations):
    """A whole case: its steps in order, and what must be there after the last one."""

    title: str = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)
    custom: dict[FeedName, dict[Identifier, Literal["text", "whole_number"]]] = Field(
        default_factory=dict,
        description="Custom fields of the case's files, where its program has no sources.",
    )


@dataclass(frozen=True)
class CaseFile:
    """A case and the folder its files lie in."""

    folder: Path
    case: Case
    document: Document

    @property
    def feeds(self) -> list[FeedName]:
        """The feeds for which the case has files: a program without partners knows everybody."""
        names = {path.name for path in self.folder.glob("*.csv")}
        names |= {Path(name).name for step in self.case.steps for name in step.land}
        found = {feed_of(name) for name in names}
        return [feed for feed in CANONICAL_COLUMNS if feed in found]

    def custom_fields(self, program: Program) -> CustomFields:
        """The custom fields of its files: those of the program's sources, if it has any."""
        return custom_fields(program) if program.sources else self.case.custom

    def where(self, *path: str | int) -> str:
        """A place in the file, for messages: file, line and key."""
        line = self.document.line_of(path)
        return f"{self.folder / CASE_FILE}:{line}: {field_name(path, self.document)}"


class CaseFileError(Exception):
    """A case that cannot be run; its text has one line per mistake."""

    def __init__(self, errors: Iterable[RuleError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))


def feed_of(name: str) -> FeedName | None:
    """The feed whose name a file's name starts with."""
    return next((feed for feed in CANONICAL_COLUMNS if Path(name).name.startswith(feed)), None)


def read_case(folder: Path) -> CaseFile:
    """Read the case in a folder.

    Raises:
        CaseFileError: with every mistake in its file.
    """
    path = folder / CASE_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CaseFileError(
            [RuleError(str(path), 1, "", f"cannot be read: {error.strerror}")]
        ) from None
    document = yaml_text.read_yaml(content)
    errors = [
        RuleError(str(path), trouble.line, field_name(trouble.path, document), trouble.message)
        for trouble in document.troubles
    ]
    if not errors and not isinstance(document.value, dict):
        errors = [RuleError(str(path), 1, "", "a case is a group of keys: title, steps, expect …")]
    if errors:
        raise CaseFileError(errors)
    try:
        case = Case.model_validate(document.value)
    except ValidationError as invalid:
        raise CaseFileError(sorted(_of_keys(path, invalid, document))) from None
    found = CaseFile(folder, case, document)
    errors = [
        RuleError(str(path), document.line_of(place), field_name(place, document), message)
        for place, message in _mistakes(found)
    ]
    if errors:
        raise CaseFileError(sorted(errors))
    return found


def _of_keys(path: Path, invalid: ValidationError, document: Document) -> Iterator[RuleError]:
    for error in invalid.errors(include_url=False):
        if error["type"] == "too_short" and error["input"]:
            continue  # a list whose items are all wrong by themselves is not too short as well
        place = tuple(step for step in error["loc"] if step != "[key]")
        key = str(place[-1]) if place else ""
        message = worded(error, key, keys_of(_part_around(place)))
        yield RuleError(str(path), document.line_of(place), field_name(place, document), message)


def _part_around(place: yaml_text.Path) -> type[BaseModel]:
    """The part of a case that holds a key."""
    parts: dict[str, type[BaseModel]] = {
        "as_of": AsOf,
        "expect_sql": SqlExpectation,
        "expect_text": TextExpectation,
        "steps": Step,
    }
    around = [step for step in place[:-1] if isinstance(step, str) and step in parts]
    return parts[around[-1]] if around else Case


def _mistakes(found: CaseFile) -> Iterator[tuple[yaml_text.Path, str]]:
    """What is wrong between the keys of a case and with the files it names."""
    case = found.case
    if not (found.folder / RULES_FILE).is_file():
        yield (), f"there is no {RULES_FILE} beside it: a case needs the rules it runs under"
    yield from _missing_files((), case, found.folder)
    for feed in case.custom:
        if feed not in WITH_CUSTOM_FIELDS:
            allowed = ", ".join(sorted(WITH_CUSTOM_FIELDS))
            yield ("custom", feed), f"{feed} has no custom fields: only {allowed} have"
    for number, step in enumerate(case.steps):
        here: yaml_text.Path = ("steps", number)
        yield from _missing_files(here, step, found.folder)
        if number and step.on < case.steps[number - 1].on:
            before = case.steps[number - 1].on
            yield (*here, "on"), f"{step.on} is before the step of {before}: steps go forward"
        if step.rules is not None and not (found.folder / step.rules).is_file():
            yield (*here, "rules"), _no_file(step.rules)
        for place, name in enumerate(step.land):
            if not (found.folder / name).is_file():
                yield (*here, "land", place), _no_file(name)
            elif feed_of(name) is None:
                feeds = ", ".join(CANONICAL_COLUMNS)
                message = f"'{name}' names no feed: start the file's name with one of {feeds}"
                yield (*here, "land", place), message
        if step.as_of is not None and not step.expect:
            yield (*here, "as_of"), "says when, and the step expects no table: add expect"
        if step.refused and not step.land and step.rules is None and number:
            yield (*here, "refused"), "nothing can be refused: the step has neither land nor rules"


def _missing_files(
    here: yaml_text.Path, expected: Expectations, folder: Path
) -> Iterator[tuple[yaml_text.Path, str]]:
    for table, name in expected.expect.items():
        if not (folder / name).is_file():
            yield (*here, "expect", table), _no_file(name)
    for number, sql in enumerate(expected.expect_sql):
        if not (folder / sql.rows).is_file():
            yield (*here, "expect_sql", number, "rows"), _no_file(sql.rows)


def _no_file(name: str) -> str:
    return f"there is no file '{name}' in the case's folder"
