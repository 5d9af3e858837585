"""Running a case: its steps in order, in a home of its own, and what differs after them.

Belongs here: what a step means (SPEC 9). Not here: the flow (`pipeline`), what is expected after
a step (`checks`), or the keys of a case (`case_file`).
"""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loyalty_pipeline import pipeline
from loyalty_pipeline.cases.case_file import (
    CASE_FILE,
    RULES_FILE,
    CaseFile,
    CaseFileError,
    Step,
    feed_of,
    read_case,
)
from loyalty_pipeline.cases.checks import differences_after
from loyalty_pipeline.cases.results import CaseResult
from loyalty_pipeline.cases.workers import run_in_workers, worthwhile
from loyalty_pipeline.ingest.landing import land_local
from loyalty_pipeline.ingest.staging import stage
from loyalty_pipeline.ledger.posting import stale_cycles
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import ProgramFileError, RuleError, load_program
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import Feed, Source
from loyalty_pipeline.warehouse.home import Home

SOURCE_ID = "cases"
_NO_RULES = "no rules are in force, since all were refused: nothing was landed or compared"
_MEMORY = Path("/dev/shm")  # on a disk, a hundred homes spend most of their time in fsync


def run_cases(folder: Path) -> list[CaseResult]:
    """Run the case in a folder, or every case below it; results are in the order of their names."""
    folders = case_folders(folder)
    workers = worthwhile(len(folders))
    if workers < 2:
        return [run_case(case) for case in folders]
    return run_in_workers(folders, workers)


def case_folders(folder: Path) -> list[Path]:
    """The folder itself if it is a case, else every case below it."""
    if (folder / CASE_FILE).is_file():
        return [folder]
    return sorted(path.parent for path in folder.rglob(CASE_FILE))


def run_case(folder: Path) -> CaseResult:
    """Run one case; whatever is wrong, with it or with the product, is in the result."""
    started = time.perf_counter()
    try:
        found = read_case(folder)
    except CaseFileError as error:
        return CaseResult(folder, "", tuple(str(error).splitlines()), 0.0)
    with _own_home() as home:
        differences = _Run(found, home).differences()
    seconds = time.perf_counter() - started
    return CaseResult(folder, found.case.title, tuple(differences), seconds)


@contextmanager
def _own_home() -> Iterator[Home]:
    parent = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="loyalty-case-", dir=parent) as root:
        yield Home(Path(root))


class _Run:
    """One run of a case."""

    def __init__(self, found: CaseFile, home: Home) -> None:
        self._found = found
        self._home = home
        self._program: Program | None = None  # as published; None while its rules are refused

    def differences(self) -> list[str]:
        """Run every step and tell what differs, each difference with its place in the case."""
        case = self._found.case
        told: list[str] = []
        for number, step in enumerate(case.steps):
            try:
                told += self._step(number, step)
            except Exception as error:  # noqa: BLE001 - one broken case must not end the others
                frame = traceback.extract_tb(error.__traceback__)[-1]
                text = f"stopped: {type(error).__name__}: {error}"
                told.append(
                    self._at(number, f"{text} ({Path(frame.filename).name}:{frame.lineno})")
                )
                return told
        if self._program is not None:
            told += differences_after(case, (), self._found, self._program, self._home)
        elif not case.is_empty:
            told.append(self._at(len(case.steps) - 1, _NO_RULES))
        return told

    def _step(self, number: int, step: Step) -> list[str]:
        clock, run_id = Clock.on(step.on), f"step-{number + 1}"
        report = RunReport()
        refusals = self._take_in_rules(number, step, clock, run_id, report)
        if self._program is not None:
            refusals += self._take_in_files(step, self._program, clock, run_id)
            self._earn(step, self._program, clock, run_id, report)
        told = [self._at(number, text) for text in _unlike_expected(refusals, step.refused)]
        if self._program is None:
            idle = not step.land and step.is_empty
            return told if idle else [*told, self._at(number, _NO_RULES)]
        if step.run_again:
            told += self._unlike_nothing_new(number, step, self._program, clock)
        place = ("steps", number)
        return told + differences_after(step, place, self._found, self._program, self._home)

    def _take_in_rules(
        self, number: int, step: Step, clock: Clock, run_id: str, report: RunReport
    ) -> list[str]:
        """Do what is due, then publish the step's rules; the first step's are the case's own.

        Everything due since the last step is done at once: releases take effect on their accrual
        dates however late they are posted. Returns why rules were refused; these change nothing,
        and the day goes on under the ones in force.
        """
        if self._program is not None:
            self._program = pipeline.take_in_rules(self._program, self._home, clock, run_id, report)
        names = [RULES_FILE] if number == 0 else []
        names += [step.rules] if step.rules is not None else []
        refusals = []
        for name in names:
            try:
                draft = self._load(name)
            except ProgramFileError as error:
                refusals.append(str(error))
                continue
            self._program = pipeline.take_in_rules(draft, self._home, clock, run_id, report)
        return refusals

    def _load(self, name: str) -> Program:
        """A program file, whose sources are replaced by the case's own files."""
        path, before = self._found.folder / name, self._program
        if before is None:
            program = load_program(path, custom=self._found.case.custom)
        else:
            journal = program_journal(self._home, before.program)
            published = program_state(journal).published_rules
            program = load_program(path, published, self._found.case.custom)
            if program.program != before.program:
                message = f"'{program.program}' is another program: the case has {before.program}"
                raise ProgramFileError([RuleError(str(path), 1, "program", message)])
        return program.model_copy(update={"sources": _own_sources(self._found, program)})

    def _take_in_files(self, step: Step, program: Program, clock: Clock, run_id: str) -> list[str]:
        """Land and stage the step's files in their order; returns why some were refused."""
        landing = [(self._found.folder / name, feed_of(name) or "") for name in step.land]
        if landing:
            land_local(landing, SOURCE_ID, self._home, clock)
        refusals = []
        for source in program.sources:
            staged = stage(source, self._home, clock, run_id, lambda text: None)
            refusals += [
                "; ".join(record.reasons) for record in staged.files if record.status == "refused"
            ]
        return refusals

    def _earn(
        self, step: Step, program: Program, clock: Clock, run_id: str, report: RunReport
    ) -> None:
        """Post every cycle that changed; new rules are backfilled to every cycle they touch."""
        stale = stale_cycles(program, self._home, clock.today) if step.rules else []
        cycles = [found.cycle for found in stale]
        pipeline.earn(program, self._home, clock, run_id, report, cycles=cycles)

    def _unlike_nothing_new(
        self, number: int, step: Step, program: Program, clock: Clock
    ) -> list[str]:
        """Run once more on the same day: nothing may be committed, let alone posted."""
        journal = program_journal(self._home, program.program)
        head, run_id, report = journal.head, f"step-{number + 1}-again", RunReport()
        pipeline.take_in_rules(program, self._home, clock, run_id, report)
        self._take_in_files(step.model_copy(update={"land": ()}), program, clock, run_id)
        self._earn(step, program, clock, run_id, report)
        return [
            self._at(
                number,
                f"run_again: the second run posted a commit of kind {commit.draft.kind} "
                f"({', '.join(commit.draft.cycles) or 'no cycle'}, {commit.entry_count} entries)",
            )
            for commit in journal.commits()[head:]
        ]

    def _at(self, number: int, text: str) -> str:
        on = self._found.case.steps[number].on
        return f"{self._found.where('steps', number)} on {on}: {text}"


def _unlike_expected(refusals: list[str], expected: tuple[str, ...]) -> list[str]:
    """Refusals that the step does not announce, and announced ones that did not come."""
    if not expected:
        return [f"refused, which the step does not expect: {text}" for text in refusals]
    if not refusals:
        return [f"nothing was refused; expected a refusal that says: {', '.join(expected)}"]
    said = "\n".join(refusals)
    return [
        f"refused: expected a message that contains '{text}', it says: {said}"
        for text in expected
        if text not in said
    ]


def _own_sources(found: CaseFile, program: Program) -> tuple[Source, ...]:
    """The source of a case: its own files in the canonical columns; nothing connects to it."""
    if not found.feeds:
        return ()
    custom = found.custom_fields(program)
    return (
        Source(
            id=SOURCE_ID,
            host="nowhere",
            user="nobody",
            key_file="none",
            known_hosts="none",
            fiscal_start=program.fiscal_start_month,
            feeds={
                feed: Feed.model_validate(
                    {"pattern": rf"{feed}.*\.csv", "custom": custom.get(feed, {})}
                )
                for feed in found.feeds
            },
        ),
    )
