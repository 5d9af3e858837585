"""A source's page: from what was declared to what counts, and what stands in its way.

Belongs here: the asset whose materialisation shows the reconciliation of a source, and the checks
of it. Not here: the figures, which are tables of the published file; other checks of a source.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from loyalty_pipeline.defs import figures
from loyalty_pipeline.defs.checks import ERROR, MOST_ROWS, WARN, listed
from loyalty_pipeline.defs.events import Shown, version_now
from loyalty_pipeline.defs.group import Results
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.reporting.masks import Masks
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import Answer, Reader, open_reader

_FILES, _MONTHS, _LINES = 50, 24, 20


def reconciliation(source: Source) -> dg.AssetsDefinition:
    """The asset `[source, "reconciliation"]`."""

    @dg.asset(
        key=[source.id, "reconciliation"],
        deps=[[source.id, "landing"]],
        group_name=source.id,
        kinds={"duckdb"},
        output_required=False,  # an event only when it changed, so that one is always news
        description=(
            "Remote, landed, staged, quarantined, superseded, counted: in rows and money, by file "
            "and by month. The same as `loyalty report reconciliation`."
        ),
    )
    def shown(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        if not loyalty.place.published.exists():
            return
        now = loyalty.source(source.id)
        with open_reader(loyalty.place) as reader:
            version, page = _page(reader, now, loyalty.place)
        if version != version_now(context.instance, context.asset_key):
            yield dg.MaterializeResult(data_version=dg.DataVersion(version), metadata=page)

    return shown


def _page(reader: Reader, source: Source, home: Home) -> Shown:
    files = reader.ask_file("figures/files_reconciled", source=source.id, most=_FILES)
    months = reader.ask_file("figures/periods_reconciled", source=source.id, most=_MONTHS)
    lines = open_lines(reader, source, home)
    page = figures.merged(
        figures.plotted(
            files_that_do_not_agree=_false(files), months_that_do_not_agree=_false(months)
        ),
        {"files": figures.table(files.columns, files.rows)},
        {"months": figures.table(months.columns, months.rows)},
        lines,
        figures.sql_of("marts/reconciliation", "marts/reconciliation_by_period"),
    )
    shown = [str(lines[name].value) for name in sorted(lines)]
    return digest(_texts(files), _texts(months), shown), page


def open_lines(reader: Reader, source: Source, home: Home) -> figures.Metadata:
    """Some lines that wait for a correction, personal data masked."""
    rows = reader.ask_file("figures/open_rows", source=source.id, most=_LINES).rows
    if not rows:
        return {}
    masks = Masks(home, {source.id: source})
    shown = [
        (name, line, reasons, f"`{masks.of(source.id, feed, file_id, raw)}`")
        for name, feed, line, reasons, raw, file_id in rows
    ]
    return {"lines in quarantine": figures.table(("file", "line", "reasons", "as it came"), shown)}


def reconciled(landing: dg.AssetKey, source_id: str, home: Home) -> dg.AssetCheckResult:
    """Whether rows and money are where they should be, by file and by month."""
    wrong_files: list[dict[str, Any]] = []
    wrong_months: list[dict[str, Any]] = []
    if home.published.exists():
        with open_reader(home) as reader:
            asked_for = {"source": source_id, "most": MOST_ROWS}
            files = reader.ask_file("figures/files_reconciled", **asked_for).as_dicts()
            months = reader.ask_file("figures/periods_reconciled", **asked_for).as_dicts()
        wrong_files = [file for file in files if not file["agrees"]]
        wrong_months = [month for month in months if not month["agrees"]]
    file_columns = ("remote_name", "control_rows", "rows_in", "control_amount", "amount_in")
    month_columns = ("program", "period", "rows_staged", "rows_counted", "rows_waiting")
    return dg.AssetCheckResult(
        asset_key=landing,
        check_name="reconciled",
        passed=not wrong_files and not wrong_months,
        severity=ERROR,
        description=(
            "Rows or money are not where they should be: do not post anything, keep the home as "
            "it is, and compare with `loyalty report reconciliation`."
        )
        if wrong_files or wrong_months
        else "What was declared, what came and where it is agree, in rows and money.",
        metadata={
            **listed("files that do not agree", file_columns, wrong_files),
            **listed("months that do not agree", month_columns, wrong_months),
        },
    )


def nothing_waits(landing: dg.AssetKey, files: Sequence[dict[str, Any]]) -> dg.AssetCheckResult:
    """Whether a file waits for somebody to approve it."""
    waiting = [file for file in files if file["status"] == "waiting"]
    return dg.AssetCheckResult(
        asset_key=landing,
        check_name="nothing_waits_for_approval",
        passed=not waiting,
        severity=WARN,
        description=(
            f"{len(waiting)} files change documents already counted, and wait. If that is meant: "
            f"`loyalty files approve NAME --by WHO --reason WHY`, or the source's job approve."
        )
        if waiting
        else "No file waits for approval.",
        metadata=listed("waiting files", ("remote_name", "feed", "reasons"), waiting),
    )


def _false(answer: Answer) -> int:
    return sum(not row[-1] for row in answer.rows)


def _texts(answer: Answer) -> Sequence[Any]:
    return [[str(cell) for cell in row] for row in answer.rows]
