"""The figures a materialisation shows: counts, sums, small tables and charts, the SQL that ran.

Belongs here: turning work files and the published copy into Dagster metadata. Not here: anything
that names a person; partners are counted, never listed.

Numbers become floats here and only here: Dagster plots numbers of no other type. Exact figures
are in the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import dagster as dg

from loyalty_pipeline.warehouse.sql_files import sql_text
from loyalty_pipeline.warehouse.tables import Columns
from loyalty_pipeline.warehouse.work_files import WorkFile

Metadata = dict[str, Any]
_BAR = 24  # characters of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def plotted(**numbers: Decimal | int) -> Metadata:
    """Numbers that the UI plots over partitions."""
    return {
        name: number if isinstance(number, int) else float(number)
        for name, number in numbers.items()
    }


def rows_of(file: WorkFile | None) -> Metadata:
    """How many rows a partition has, and where its file lies below the home."""
    if file is None:
        return {"dagster/partition_row_count": 0}
    return {
        "dagster/partition_row_count": file.rows,
        "file": dg.MetadataValue.path(file.path),
        "sha256": file.sha256,
    }


def sql_of(*names: str) -> Metadata:
    """The text of SQL files, as it runs."""
    blocks = [f"**sql/{name}.sql**\n\n```sql\n{sql_text(name)}```" for name in names]
    return {"sql": dg.MetadataValue.md("\n\n".join(blocks))}


def schema_of(columns: Columns) -> Metadata:
    """The columns of a table, for its definition."""
    return {
        "dagster/column_schema": dg.TableSchema(
            [dg.TableColumn(name, kind) for name, kind in columns]
        )
    }


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dg.MarkdownMetadataValue:
    """A small table for people."""
    lines = [columns, ["---"] * len(columns), *([_shown(cell) for cell in row] for row in rows)]
    return dg.MetadataValue.md("\n".join(f"| {' | '.join(line)} |" for line in lines))


def chart(
    label: str, value: str, names: Sequence[str], numbers: Sequence[Decimal | int]
) -> dg.MarkdownMetadataValue:
    """Horizontal bars, to be seen at a glance."""
    largest = max(numbers, default=0)
    drawn = [
        (name, number, f"`{_bar(number, largest)}`")
        for name, number in zip(names, numbers, strict=True)
    ]
    return table((label, value, ""), drawn)


def _bar(number: Decimal | int, largest: Decimal | int) -> str:
    if largest <= 0 or number <= 0:
        return " "
    full, eighth = divmod(int(number * _BAR * 8 / largest), 8)
    return "█" * full + (_EIGHTHS[eighth] if eighth else "") or "▏"


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal | int) and not isinstance(cell, bool):
        text = f"{cell:,}"
        is_points = "." in text and len(text.partition(".")[2]) == 3
        return text.rstrip("0").rstrip(".") if is_points else text
    return str(cell).replace("|", "\\|")


def merged(*parts: Mapping[str, Any]) -> Metadata:
    """Metadata put together."""
    return {key: value for part in parts for key, value in part.items()}
