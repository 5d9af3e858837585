"""What an operator decides about files of a source, as jobs to be launched from the UI.

Belongs here: approving and reading again, with who and why as run config. Not here: what these
do, which is `ingest`; the command line has the same verbs.
"""

import dagster as dg
from pydantic import Field

from loyalty_pipeline.defs import figures
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.ingest.decisions import approve, files_named, reprocess
from loyalty_pipeline.ingest.staging import StagingReport
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.reporting.publish import publish


class Approval(dg.Config):
    """Which files to approve."""

    files: list[str] = Field(description="Names on the server, as the red check lists them.")
    by: str = Field(description="Who approves.")
    reason: str = Field(description="Why.")


class Again(dg.Config):
    """Which files to read again."""

    files: list[str] = Field(
        default=[], description="Names on the server; none: all refused or with rows in quarantine."
    )


def source_jobs(source: Source) -> list[dg.JobDefinition]:
    """The jobs of a source that wait for somebody to decide."""

    @dg.op(name=f"approve_files_of_{source.id}", pool=f"source_{source.id}")
    def approve_files(context: dg.OpExecutionContext, config: Approval, loyalty: Loyalty) -> None:
        now, readers = loyalty.source(source.id), loyalty.readers(source.id)
        clock = loyalty.clock(readers[0].time_zone, context.run.tags)
        found = files_named(loyalty.place, source.id, config.files, "waiting")
        report = approve(
            now, loyalty.place, clock, context.run.run_id, found, config.by, config.reason
        )
        publish(loyalty.place, readers, clock.today)
        context.add_output_metadata(_told(report))

    @dg.op(name=f"read_files_of_{source.id}_again", pool=f"source_{source.id}")
    def read_again(context: dg.OpExecutionContext, config: Again, loyalty: Loyalty) -> None:
        now, readers = loyalty.source(source.id), loyalty.readers(source.id)
        clock = loyalty.clock(readers[0].time_zone, context.run.tags)
        found = files_named(loyalty.place, source.id, config.files) if config.files else None
        report = reprocess(now, loyalty.place, clock, context.run.run_id, found)
        publish(loyalty.place, readers, clock.today)
        context.add_output_metadata(_told(report))

    @dg.job(
        name=f"approve_{source.id}",
        description="Let files count that wait because they change documents already counted.",
    )
    def approving() -> None:
        approve_files()

    @dg.job(
        name=f"reprocess_{source.id}",
        description=(
            "Read refused files, and files with rows in quarantine, again under the contract as "
            "it is now. For when the contract was wrong and not the file."
        ),
    )
    def reprocessing() -> None:
        read_again()

    return [approving, reprocessing]


def _told(report: StagingReport) -> figures.Metadata:
    rows = [(f.remote_name, f.status, f.rows_in, f.rows_quarantined) for f in report.files]
    return figures.merged(
        figures.plotted(files=len(report.files), months_touched=len(report.months)),
        {"files": figures.table(("file", "status", "rows", "quarantined"), rows)},
    )
