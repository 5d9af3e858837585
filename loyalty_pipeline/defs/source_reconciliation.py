"""A source's page: from what was declared to what counts, and what stands in its way.

Belongs here: the asset whose materialisation shows the reconciliation of a source. Not here: the
figures, which are tables of the published file, or judging them, which is `source_checks`.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from loyalty_pipeline.defs import figures
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
        description=(
            "Remote, landed, staged, quarantined, superseded, counted: in rows and money, by file "
            "and by month. The same as `loyalty report reconciliation`."
        ),
    )
    def shown(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        if not loyalty.place.published.exists():
            yield dg.MaterializeResult(data_version=dg.DataVersion("nothing published"))
            return
        now = loyalty.source(source.id)
        with open_reader(loyalty.place) as reader:
            files = reader.ask_file("figures/files_reconciled", source=now.id, most=_FILES)
            months = reader.ask_file("figures/periods_reconciled", source=now.id, most=_MONTHS)
            yield dg.MaterializeResult(
                data_version=dg.DataVersion(digest(_texts(files), _texts(months))),
                metadata=figures.merged(
                    figures.plotted(
                        files_that_do_not_agree=_false(files),
                        months_that_do_not_agree=_false(months),
                    ),
                    {"files": figures.table(files.columns, files.rows)},
                    {"months": figures.table(months.columns, months.rows)},
                    open_lines(reader, now, loyalty.place),
                    figures.sql_of("marts/reconciliation", "marts/reconciliation_by_period"),
                ),
            )

    return shown


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


def _false(answer: Answer) -> int:
    return sum(not row[-1] for row in answer.rows)


def _texts(answer: Answer) -> Sequence[Any]:
    return [[str(cell) for cell in row] for row in answer.rows]
