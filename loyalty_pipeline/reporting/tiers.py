"""Tiers by the day they are in force and by when that was known: filled next.

Belongs here: `tier_history`. Not here: which tier a cycle earned, which is `earning`.
"""

from __future__ import annotations

from datetime import date

from loyalty_pipeline.reporting.snapshot import Heads, Snapshot
from loyalty_pipeline.warehouse.published_file import Successor


def write(db: Successor, snapshot: Snapshot, before: Heads) -> dict[str, date]:
    """Nothing yet."""
    return {}
