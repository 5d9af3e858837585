"""The bad-input matrix: what comes, and what must become of it.

One row a kind of bad input. `FILES` go through the reader, `HISTORIES` of several files through
staging. Rows marked SPEC have another outcome than the research behind them asked for, because
SPEC 2 says otherwise.
"""

from __future__ import annotations

from tests.faults.bad_input.histories import HISTORIES
from tests.faults.bad_input.shapes import SHAPES
from tests.faults.bad_input.values import NUMBERS, VALUES
from tests.faults.bad_input.wrappings import WRAPPINGS

__all__ = ["FILES", "HISTORIES"]

FILES = SHAPES | NUMBERS | VALUES | WRAPPINGS
