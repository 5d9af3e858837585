"""A source's assets: its drop folder, landing, and what is staged of each feed.

Belongs here: one group of assets a source, however many programs read it. Not here: reading
files or deciding what counts, which is `ingest`.

Landing and staging are one step, since staging seals everything new in one commit: months of
sales and the tables of the other feeds come into force together or not at all.
"""

from collections.abc import Mapping, Sequence

import dagster as dg

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs import figures
from loyalty_pipeline.defs.events import NOTHING_WAITS, Shown, reported
from loyalty_pipeline.defs.group import Results
from loyalty_pipeline.defs.partitions import Partitions
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.ingest.landing import LandingReport
from loyalty_pipeline.ingest.register import source_scope
from loyalty_pipeline.ingest.staging import StagingReport
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

_STAGED = {
    "partners": ("Partners as known, with their history by file date.", staged_tables.PARTNERS),
    "distributors": ("Distributors as known.", staged_tables.DISTRIBUTORS),
    "stores": ("Stores as known, with their history by file date.", staged_tables.STORES),
    "tenders": (
        "Payments of each invoice, by the latest file that names it.",
        staged_tables.TENDERS,
    ),
    "targets": ("Targets of partners, by cycle and category.", staged_tables.TARGETS),
    "redemptions": ("Redemptions and reversals as asked for.", staged_tables.REDEMPTIONS),
    "scans": ("Scans of QR codes, and which of them each code earns for.", staged_tables.SCANS),
    "claims": ("Uploaded invoices and their reviews.", staged_tables.CLAIMS),
    "instructions": ("Instructions as given and agreed.", staged_tables.INSTRUCTIONS),
}
_SHOWN_NAMES = 50  # of files, in metadata


def source_assets(source: Source, months: Partitions) -> list[dg.AssetSpec | dg.AssetsDefinition]:
    """The assets of a source."""
    drop = dg.AssetSpec(
        [source.id, "drop"],
        group_name=source.id,
        kinds={"sftp"},
        description=f"The folder {source.path} that the dealer management system fills.",
    )
    found: list[dg.AssetSpec | dg.AssetsDefinition] = [drop, _landing(source, months)]
    if "sales" in source.feeds:
        found.append(_sales(source, months))
    return found


def _landing(source: Source, months: Partitions) -> dg.AssetsDefinition:
    landing = dg.AssetSpec(
        [source.id, "landing"],
        deps=[[source.id, "drop"]],
        group_name=source.id,
        kinds={"sftp", "csv"},
        description=(
            "Files as they came, kept unchanged and staged at once. Run it with the job "
            f"drop_{source.id}; the months of sales a run touched are reported with it."
        ),
    )
    feeds = [
        dg.AssetSpec(
            [source.id, feed],
            deps=[landing],
            group_name=source.id,
            kinds={"parquet"},
            description=_STAGED[feed][0],
            skippable=True,  # an event only when it changed, so that one is always news
            metadata=figures.schema_of(_STAGED[feed][1]),
        )
        for feed in source.feeds
        if feed in _STAGED
    ]

    @dg.multi_asset(
        name=f"{source.id}_landing", specs=[landing, *feeds], pool=f"source_{source.id}"
    )
    def land_and_stage(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        home, readers = loyalty.place, loyalty.readers(source.id)
        now = loyalty.source(source.id)
        clock = loyalty.clock(readers[0].time_zone, context.run.tags)
        report = RunReport()
        pipeline.take_in_files(now, home, clock, context.run.run_id, report, context.log.info)
        publish(home, readers, clock.today)
        pipeline.put_back_rejects(now, home, report, context.log.info)
        landed, staged = report.landed[source.id], report.staged[source.id]
        promoted = Journal(home, source_scope(source.id)).promoted(staged.commit)
        context.log_event(_seen(source, landed))
        yield dg.MaterializeResult(
            asset_key=landing.key,
            data_version=dg.DataVersion(NOTHING_WAITS),
            metadata=_landing_figures(landed, staged),
        )
        for spec in feeds:
            if spec.key.path[-1] in staged.feeds:
                version, metadata = feed_shown(spec.key.path[-1], promoted)
                yield dg.MaterializeResult(
                    asset_key=spec.key, data_version=dg.DataVersion(version), metadata=metadata
                )
        touched = [month for month in staged.months if months.has_partition_key(month)]
        for month, shown in months_shown(home, promoted, touched).items():
            context.log_event(month_event(context.instance, source, month, shown))

    return land_and_stage


def _sales(source: Source, months: Partitions) -> dg.AssetsDefinition:
    @dg.asset(
        key=[source.id, "sales"],
        deps=[[source.id, "landing"]],
        group_name=source.id,
        partitions_def=months,
        backfill_policy=dg.BackfillPolicy.single_run(),
        # Each month is reported by an event of its own: Dagster would give all months of a run
        # the one version of the step, and so make every cycle stale.
        output_required=False,
        kinds={"parquet"},
        metadata=figures.schema_of(staged_tables.SALES_DOCUMENTS),
        description=(
            "Documents in force, by the month of their date. Reported by the job "
            f"drop_{source.id}; materialise it to report again what is staged."
        ),
    )
    def sales(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        promoted = Journal(loyalty.place, source_scope(source.id)).promoted()
        for month, shown in months_shown(loyalty.place, promoted, context.partition_keys).items():
            context.log_event(month_event(context.instance, source, month, shown))
        yield from ()

    return sales


def months_shown(
    home: Home, promoted: Mapping[tuple[str, str], WorkFile], wanted: Sequence[str]
) -> dict[str, Shown]:
    """What is staged of months, each with the hash of its content; none for months without."""
    files = [promoted["sales_documents", m] for m in wanted if ("sales_documents", m) in promoted]
    with engine(home) as duckdb:
        duckdb.files("sales_documents", files, staged_tables.SALES_DOCUMENTS)
        counted = {str(row[0]): row[1:] for row in duckdb.rows("figures/staged_months")}
    shown: dict[str, Shown] = {}
    for file in files:
        documents, parked, net_amount = counted.get(file.partition, (0, 0, None))
        shown[file.partition] = (
            file.sha256,
            figures.merged(
                figures.rows_of(file),
                figures.plotted(documents=documents, parked=parked, net_amount=net_amount or 0),
                figures.sql_of("staging/resolved_month"),
            ),
        )
    return shown


def month_event(
    instance: dg.DagsterInstance, source: Source, month: str, shown: Shown
) -> dg.AssetMaterialization:
    """Tells of a month that staging touched."""
    key, landing = dg.AssetKey([source.id, "sales"]), [dg.AssetKey([source.id, "landing"])]
    return reported(instance, key, month, shown, landing, whole=landing)


def feed_shown(feed: str, promoted: Mapping[tuple[str, str], WorkFile]) -> Shown:
    """What is in force of a feed without documents."""
    file = promoted.get((feed, "all"))
    return file.sha256 if file else "nothing staged", figures.merged(
        {"dagster/row_count": file.rows if file else 0},
        {"file": dg.MetadataValue.path(file.path)} if file else {},
        figures.sql_of(f"staging/{feed}"),
    )


def _seen(source: Source, landed: LandingReport) -> dg.AssetObservation:
    """What one look into the drop folder showed."""
    return dg.AssetObservation(
        [source.id, "drop"],
        metadata=figures.merged(
            figures.plotted(
                landed=len(landed.landed),
                landed_before=landed.known,
                archived=landed.archived,
                waiting=len(landed.waiting),
                ignored=len(landed.ignored),
            ),
            _names("waiting and why", landed.waiting),
            _names("ignored and why", landed.ignored),
        ),
    )


def _landing_figures(landed: LandingReport, staged: StagingReport) -> figures.Metadata:
    files = staged.files
    rows = [
        (file.remote_name, file.feed, file.status, file.rows_in, file.rows_quarantined)
        for file in files[:_SHOWN_NAMES]
    ]
    refused = [reason for file in files if file.status == "refused" for reason in file.reasons]
    return figures.merged(
        figures.plotted(
            files=len(files),
            refused_files=sum(file.status == "refused" for file in files),
            rows_in=sum(file.rows_in or 0 for file in files),
            rejected_rows=sum(file.rows_quarantined for file in files),
            repeated_rows=sum(file.rows_repeated for file in files),
            waiting=len(landed.waiting),
            months_touched=len(staged.months),
        ),
        {"new files": figures.table(("file", "feed", "status", "rows", "rejected"), rows)},
        _names("refused and why", refused),
        figures.sql_of("staging/document_states"),
    )


def _names(title: str, lines: Sequence[str]) -> figures.Metadata:
    shown = [f"- {line}" for line in lines[:_SHOWN_NAMES]]
    if len(lines) > _SHOWN_NAMES:
        shown.append(f"- and {len(lines) - _SHOWN_NAMES} more")
    return {title: dg.MetadataValue.md("\n".join(shown))} if shown else {}
