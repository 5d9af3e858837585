"""Verbs about rules: check, diff, test, schema, show, new, publish.

Belongs here: arguments and output. Not here: what a rule means, which is `program`.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from loyalty_pipeline import pipeline
from loyalty_pipeline.cases import report as case_report
from loyalty_pipeline.cases import run_cases
from loyalty_pipeline.cli.common import (
    as_of_option,
    clock_for,
    explained,
    new_run_id,
    one_program,
    program_option,
)
from loyalty_pipeline.cli.output import UsageProblem, fail, format_option, say, show
from loyalty_pipeline.ledger.posting import stale_cycles
from loyalty_pipeline.ledger.program_files import published_in
from loyalty_pipeline.ledger.rules import publish_rules
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.program.diff import diff_in_words, rules_in_words
from loyalty_pipeline.program.loader import ProgramFileError, load_program
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.notes import notes_on
from loyalty_pipeline.program.relations import relations_of
from loyalty_pipeline.program.schema import schema_text
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.reporting.publish import publish as publish_copy
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.sql_files import bundled

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def rules() -> None:
    """Check, compare, try and publish program files."""


@rules.command()
@click.argument("file", type=FILE)
@explained
def check(file: Path) -> None:
    """Every mistake of a program file at once, with line numbers; then which cycles it touches.

    Example: loyalty rules check data/programs/retailer_rewards.yaml
    """
    home = Home.from_environment()
    try:
        program = load_program(file, published_in(home))
    except ProgramFileError as error:
        fail(str(error))
        return
    count = len(program.versions)
    say(f"{file}: {program.program} with {count} version{'s' if count > 1 else ''}, no mistakes")
    _mention_notes(program)
    merged = pipeline.as_if_published(program, home)
    known = program_state(program_journal(home, program.program)).postings
    touched = [
        stale
        for stale in stale_cycles(merged, home, clock_for(program, None).today)
        if stale.cycle.name in known and "rules changed" in stale.reasons
    ]
    if touched:
        names = [stale.cycle.name for stale in touched]
        say(f"Publishing it makes cycles stale: {', '.join(names)}")


@rules.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@explained
def diff(old: Path, new: Path) -> None:
    """What differs between two program files, in words.

    Example: loyalty rules diff data/programs/retailer_rewards.yaml draft.yaml
    """
    sentences = diff_in_words(load_program(old), load_program(new))
    for sentence in sentences:
        click.echo(f"- {sentence}")
    if not sentences:
        click.echo("They mean the same.")


@rules.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@explained
def test(folder: Path) -> None:
    """Run the example case in a folder, or every case below it.

    Example: loyalty rules test tests/cases/slabs
    """
    results = run_cases(folder)
    click.echo(case_report(results))
    sys.exit(0 if results and all(result.passed for result in results) else 1)


@rules.command()
def schema() -> None:
    """The JSON Schema of a program file, for editors.

    Example: loyalty rules schema > program.schema.json
    """
    click.echo(schema_text(), nl=False)


@rules.command("show")
@program_option
@click.option("--cycle", "cycle_name", help="A cycle, like 2025-04. Default: the current one.")
@click.option("--slabs", is_flag=True, help="The bands of the main table as they are computed.")
@as_of_option
@format_option
@explained
def show_rules(
    program_id: str | None,
    cycle_name: str | None,
    slabs: bool,
    as_of: datetime | None,
    output: str,
) -> None:
    """All rules in force for a cycle, in words; or its slabs, where each amount is in one band.

    Example: loyalty rules show --program retailer_rewards --cycle 2025-04
    """
    home = Home.from_environment()
    program = pipeline.as_if_published(one_program(home, program_id), home)
    calendar = program.calendar
    today = clock_for(program, as_of).today
    cycle = calendar.parse(cycle_name) if cycle_name else calendar.cycle_of(today)
    in_force = effective_rules(program, cycle)
    say(f"{program.name}, cycle {cycle.name}: version {in_force.version}, hash {in_force.hash}")
    if slabs:
        bands = relations_of(in_force)["bands"]
        show([column for column, _ in bands.columns], bands.rows, output)
        return
    segments = (*in_force.segments, *in_force.event_segments)
    versions = {segment.version.label: segment.version for segment in segments}
    rows = [
        (label, what, said)
        for label, version in sorted(versions.items())
        for what, said in rules_in_words(version)
    ]
    show(("version", "what", "says"), rows, output)


@rules.command()
@click.argument("file", type=click.Path(exists=False, dir_okay=False, path_type=Path))
@explained
def new(file: Path) -> None:
    """Write a program file to start from: the sample retailer program.

    Example: loyalty rules new data/programs/my_program.yaml
    """
    if file.exists():
        raise UsageProblem(f"{file} exists already")
    sample = bundled("programs") / "retailer_rewards.yaml"
    file.write_text(sample.read_text(encoding="utf-8"), encoding="utf-8")
    say(f"Wrote {file}. Change program, name and source, then: loyalty rules check {file}")


@rules.command()
@program_option
@click.option("--author", default="", help="Who wrote the rules.")
@click.option("--approver", default="", help="Who agreed; somebody else than the author.")
@click.option("--reason", default="", help="Why they change.")
@as_of_option
@explained
def publish(
    program_id: str | None, author: str, approver: str, reason: str, as_of: datetime | None
) -> None:
    """Publish the versions of a program file; runs do this, too, without names and reason.

    Example: loyalty rules publish --program retailer_rewards --author asha --approver ravi
    """
    if author and author == approver:
        raise UsageProblem("the approver must be somebody else than the author")
    home = Home.from_environment()
    program = one_program(home, program_id)
    clock = clock_for(program, as_of)
    merged, commit = publish_rules(
        program, home, clock, new_run_id(), author=author, approver=approver, reason=reason
    )
    _mention_notes(program)
    if commit is None:
        say("The file says nothing that is not published already.")
        return
    publish_copy(home, [merged])
    say(f"Published as commit {commit.number}: {', '.join(commit.draft.details['changed'])}")


def _mention_notes(program: Program) -> None:
    for note in notes_on(program):
        say(f"Note: {note}")
