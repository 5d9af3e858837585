"""What computing a cycle comes to: the files of its tables.

Belongs here: which files there are, and which of them a question is about. Not here: computing
them (`cycle`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse.work_files import WorkFile


@dataclass(frozen=True)
class Earned:
    """The candidate files of a cycle."""

    cycle: Cycle
    rules: EffectiveRules
    closed: bool
    counted: tuple[WorkFile, ...]  # claims by month, and partners that count as another one
    sales: tuple[WorkFile, ...]  # of each month, and at last of the cycle
    slab_assignments: WorkFile
    awards: tuple[WorkFile, ...]  # see `Earning.awards`
    read: Mapping[str, str]  # see `fingerprints.read_parts`

    @property
    def allocations(self) -> WorkFile | None:
        """What is to be posted: awards of events, and of the cycle once it has ended."""
        return next((file for file in self.awards if file.table == "point_allocations"), None)

    @property
    def files(self) -> tuple[WorkFile, ...]:
        """Everything a commit promotes."""
        return (*self.counted, *self.sales, self.slab_assignments, *self.awards)


def shown_awards(awards: Sequence[WorkFile]) -> WorkFile:
    """The allocations of a cycle that figures are about: those posted, else those projected."""
    by_table = {file.table: file for file in awards}
    return by_table.get("point_allocations") or by_table["projected_allocations"]
