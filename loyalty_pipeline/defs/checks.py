"""What the checks of sources and programs share.

Belongs here: answering the checks that were asked for, and tables in their answers. Not here: any
check.

Checks report; they keep nothing out, since they run when the data is in. They carry no partition:
they tell the state of a whole source or program.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from loyalty_pipeline.defs import figures

MOST_ROWS = 50  # of a table in metadata
WARN = dg.AssetCheckSeverity.WARN
ERROR = dg.AssetCheckSeverity.ERROR


Answers = Mapping[str, Callable[[], dg.AssetCheckResult]]  # by the name of the check


def asked(
    context: dg.AssetCheckExecutionContext, answers: Answers
) -> Iterator[dg.AssetCheckResult]:
    """The answers to the checks that somebody selected: all of them in a job."""
    wanted = {key.name for key in context.selected_asset_check_keys}
    for name, answer in answers.items():
        if name in wanted:
            yield answer()


def evaluated(result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    """The same answer for a sensor to report, when no run asked."""
    assert result.asset_key is not None
    assert result.check_name is not None
    return dg.AssetCheckEvaluation(
        asset_key=result.asset_key,
        check_name=result.check_name,
        passed=result.passed,
        severity=result.severity,
        description=result.description,
        metadata=result.metadata,
    )


def listed(
    title: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> figures.Metadata:
    """A table of rows, where there are any."""
    if not rows:
        return {}
    shown = [[row[column] for column in columns] for row in rows[:MOST_ROWS]]
    return {title: figures.table(columns, shown)}
