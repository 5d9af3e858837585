"""The whole code location, built from the program files.

Belongs here: one group of assets a source, one a program, and their jobs, checks, schedules and
sensors put together. Not here: any of them.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import dagster as dg

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs import automation, sensors
from loyalty_pipeline.defs.catch_up import journal_sensor
from loyalty_pipeline.defs.due_assets import due_assets
from loyalty_pipeline.defs.group import Group
from loyalty_pipeline.defs.partitions import (
    Partitions,
    cycle_partitions,
    month_partitions,
    zones,
)
from loyalty_pipeline.defs.program_assets import program_assets
from loyalty_pipeline.defs.program_checks import program_checks
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.defs.source_assets import source_assets
from loyalty_pipeline.defs.source_checks import source_checks
from loyalty_pipeline.defs.source_jobs import source_jobs
from loyalty_pipeline.defs.source_reconciliation import reconciliation
from loyalty_pipeline.ledger.program_files import programs_folder, programs_in
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home


def location(folder: Path | None = None, home: Home | None = None) -> dg.Definitions:
    """Everything Dagster has to know of the programs in a folder.

    Raises:
        ProgramFileError: with every mistake in every file.
    """
    place = home or Home.from_environment()
    found = programs_in(folder or programs_folder(), place)
    programs = {name: pipeline.as_if_published(one, place) for name, one in found.items()}
    sources = {source.id: source for program in programs.values() for source in program.sources}
    _must_differ(set(programs), set(sources))
    zone_of = zones(programs.values())
    groups = [_group(program, zone_of[program.program]) for program in programs.values()]
    staged = [
        (source, month_partitions(_first_month(source, programs), zone_of[source.id]))
        for source in sources.values()
    ]
    with warnings.catch_warnings():
        # Backfill policies are beta; tests/upstream say what of them is relied on.
        warnings.simplefilter("ignore", dg.BetaWarning)
        parts = [_of_source(source, months, zone_of[source.id]) for source, months in staged]
        parts += [_of_program(group) for group in groups]
    loyalty = Loyalty(
        home=str(home.root) if home else None,
        programs=str(folder) if folder else None,
        today=None,
    )
    shared = dg.Definitions(
        resources={"loyalty": loyalty},
        sensors=[journal_sensor(staged, groups)],
        # One process a run: starting one a step costs three seconds, the steps are milliseconds.
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(*parts, shared)


def _group(program: Program, zone: str) -> Group:
    return Group(
        program, cycle_partitions(program, zone), month_partitions(program.first_cycle, zone)
    )


def _first_month(source: Source, programs: dict[str, Program]) -> str:
    return min(program.first_cycle for program in programs.values() if source in program.sources)


def _must_differ(programs: set[str], sources: set[str]) -> None:
    for both in sorted(programs & sources):
        raise ValueError(
            f"{both} is the name of a program and of a source: their assets would be mixed up, "
            f"so rename one of them"
        )


def _of_source(source: Source, months: Partitions, zone: str) -> dg.Definitions:
    checks = source_checks(source)
    job = automation.drop_job(source, checks)
    return dg.Definitions(
        assets=[*source_assets(source, months), reconciliation(source)],
        asset_checks=[checks],
        jobs=[job, *source_jobs(source)],
        schedules=[automation.drop_schedule(source, job, zone)],
        sensors=[sensors.drop_sensor(source, job)],
    )


def _of_program(group: Group) -> dg.Definitions:
    checks = program_checks(group)
    cycles = automation.cycles_job(group, checks)
    releases = automation.releases_job(group)
    return dg.Definitions(
        assets=[*program_assets(group), *due_assets(group)],
        asset_checks=[checks],
        jobs=[cycles, releases, automation.months_job(group)],
        schedules=[
            automation.releases_schedule(group, releases),
            automation.close_schedule(group, cycles),
        ],
        sensors=[sensors.changes_sensor(group, cycles)],
    )
