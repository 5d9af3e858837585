"""Checks of a source: what landed and does not count.

Belongs here: asking the published file, and wording the answer for whoever is on duty. Not here:
keeping bad rows out, which is `ingest`.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg

from loyalty_pipeline.defs import figures
from loyalty_pipeline.defs.checks import ERROR, MOST_ROWS, WARN, Answers, asked, listed
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.defs.source_reconciliation import nothing_waits, open_lines, reconciled
from loyalty_pipeline.ingest.coverage import Coverage, coverage_now
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader

MOST_NAMED = 5  # files, in a sentence


def source_checks(source: Source) -> dg.AssetChecksDefinition:
    """What landed of a source and does not count."""
    landing = dg.AssetKey([source.id, "landing"])
    specs = [
        dg.AssetCheckSpec(
            "rows_accounted_for",
            asset=landing,
            description="Rows in = rows staged + quarantined + superseded, for every file.",
        ),
        dg.AssetCheckSpec(
            "no_file_refused",
            asset=landing,
            description="Every file was taken, or a corrected one of its name came since.",
        ),
        dg.AssetCheckSpec(
            "nothing_quarantined", asset=landing, description="No row waits in quarantine."
        ),
        dg.AssetCheckSpec(
            "reconciled",
            asset=landing,
            description="Files hold what their control files declare, in rows and money, and all "
            "of it is accounted for; every staged document stands somewhere in each program.",
        ),
        dg.AssetCheckSpec(
            "nothing_waits_for_approval",
            asset=landing,
            description="No file waits because it changes documents already counted.",
        ),
        dg.AssetCheckSpec(
            "no_file_missing",
            asset=landing,
            description="Every file that the contract expects by now has come and counts.",
        ),
    ]

    @dg.multi_asset_check(name=f"{source.id}_checks", specs=specs, can_subset=True)
    def checks(
        context: dg.AssetCheckExecutionContext, loyalty: Loyalty
    ) -> Iterator[dg.AssetCheckResult]:
        now, readers = loyalty.source(source.id), loyalty.readers(source.id)
        today = loyalty.clock(readers[0].time_zone, context.run.tags).today
        yield from asked(context, source_answers(now, loyalty.place, today))

    return checks


def source_answers(source: Source, home: Home, today: date) -> Answers:
    """What each check of a source says now."""
    landing = dg.AssetKey([source.id, "landing"])
    files, quarantined, lines = _landed(source, home)
    return {
        "rows_accounted_for": lambda: _rows_accounted_for(landing, files),
        "no_file_refused": lambda: _no_file_refused(landing, source.id, files),
        "nothing_quarantined": lambda: _nothing_quarantined(landing, source.id, quarantined, lines),
        "reconciled": lambda: reconciled(landing, source.id, home),
        "nothing_waits_for_approval": lambda: nothing_waits(landing, files),
        "no_file_missing": lambda: _no_file_missing(
            landing, source.id, coverage_now(source, home, today)
        ),
    }


def _landed(
    source: Source, home: Home
) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]], figures.Metadata]:
    """Every arrival, the rows in quarantine by reason, and some of them as they came."""
    if not home.published.exists():  # before the first commit there is nothing
        return [], [], {}
    with open_reader(home) as reader:
        files = reader.ask_file("figures/file_rows", source=source.id).as_dicts()
        quarantined = reader.ask_file("figures/quarantined", source=source.id).rows
        return files, quarantined, open_lines(reader, source, home)


def _rows_accounted_for(
    landing: dg.AssetKey, files: Sequence[dict[str, Any]]
) -> dg.AssetCheckResult:
    parts = ("rows_staged", "rows_quarantined", "rows_superseded")
    counted = [file for file in files if file["rows_in"] is not None]
    wrong = [file for file in counted if file["rows_in"] != sum(file[part] or 0 for part in parts)]
    columns = ("remote_name", "rows_in", *parts)
    return dg.AssetCheckResult(
        asset_key=landing,
        check_name="rows_accounted_for",
        passed=not wrong,
        severity=ERROR,
        description="Rows were lost or counted twice: do not post anything, keep the home as it is."
        if wrong
        else f"All rows of {len(counted)} files are accounted for.",
        metadata={
            "files": len(counted),
            "rows_in": sum(file["rows_in"] for file in counted),
            **{part: sum(file[part] or 0 for file in counted) for part in parts},
            **listed("files that do not add up", columns, wrong),
        },
    )


def _no_file_refused(
    landing: dg.AssetKey, source_id: str, files: Sequence[dict[str, Any]]
) -> dg.AssetCheckResult:
    refused = [file for file in files if file["status"] == "refused" and not file["replaced_by"]]
    return dg.AssetCheckResult(
        asset_key=landing,
        check_name="no_file_refused",
        passed=not refused,
        severity=WARN,
        description=(
            f"{len(refused)} files were refused whole and count for nothing. Send the reasons to "
            f"the sender; a corrected file of the same name is taken by itself (job "
            f"drop_{source_id})."
        )
        if refused
        else "No file waits to be corrected.",
        metadata={
            "refused_files": len(refused),
            **listed("refused files", ("remote_name", "feed", "reasons"), refused),
        },
    )


def _nothing_quarantined(
    landing: dg.AssetKey,
    source_id: str,
    rows: Sequence[tuple[Any, ...]],
    lines: figures.Metadata,
) -> dg.AssetCheckResult:
    count = sum(int(row[2]) for row in rows)
    return dg.AssetCheckResult(
        asset_key=landing,
        check_name="nothing_quarantined",
        passed=count == 0,
        severity=WARN,
        description=(
            f"{count} rows wait in quarantine. `loyalty quarantine rejects` writes reject files "
            f"for the sender; they count once corrected rows come (job drop_{source_id}). If the "
            f"contract is what is wrong, correct it and run the job reprocess_{source_id}, or "
            f"`loyalty quarantine reprocess`."
        )
        if count
        else "No row waits in quarantine.",
        metadata={
            "quarantined_rows": count,
            "rows by reason": figures.table(("file", "reasons", "rows"), rows[:MOST_ROWS]),
            **lines,
        },
    )


def _no_file_missing(
    landing: dg.AssetKey, source_id: str, files: Sequence[Coverage]
) -> dg.AssetCheckResult:
    absent = [file for file in files if file.status != "arrived"]
    # A month's file is not late before its day; a number that was left out is.
    late = [file for file in absent if file.status != "missing" or file.sequence is not None]
    named = ", ".join(file.in_words for file in late[:MOST_NAMED])
    more = f" and {len(late) - MOST_NAMED} more" if len(late) > MOST_NAMED else ""
    waits = "Cycles that need them are not closed. " if any(f.blocks for f in late) else ""
    return dg.AssetCheckResult(
        asset_key=landing,
        check_name="no_file_missing",
        passed=not late,
        severity=WARN,
        description=(
            f"Missing: {named}{more}. {waits}Ask the sender for what is missing (again, "
            f"if it was refused); it is taken by itself (job drop_{source_id}). If one "
            f"will never come, say so in the contract: `if_missing: proceed`, a later "
            f"`gapless_from`, or `distributors` without the one that is gone."
        )
        if late
        else f"No file is missing; {len(absent)} more are expected.",
        metadata={
            "files": len(files),
            "missing_files": len(late),
            "expected_files": len(absent) - len(late),
            **listed(
                "files that have not come",
                ("feed", "period", "distributor", "sequence", "expected_by", "status"),
                [
                    vars(file) | {"expected_by": str(file.expected_by or "")}
                    for file in absent[:MOST_ROWS]
                ],
            ),
        },
    )
