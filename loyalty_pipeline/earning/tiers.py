"""Which tier is held on which day: what cycles and events grant, and what was set by hand.

Belongs here: how long a grant is held, and giving SQL what it needs to turn grants into holdings
and holdings into stretches of days. Not here: the calculation, which is SQL in `sql/tiers`, or
the history that readers see (`reporting.tiers`).

Holdings are the one record of tiers. Every cycle writes what it grants as `tier_holdings`; the
tier of a day follows from the holdings of all cycles (`keep_stretches`), for the awards of a
cycle as for readers. A holding has the columns of `tables.TIER_HOLDINGS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from loyalty_pipeline.earning.merges import IDENTITIES, Homes
from loyalty_pipeline.program.calendar import Calendar, Cycle
from loyalty_pipeline.program.tier_rules import Tiers, Window
from loyalty_pipeline.warehouse.engine import Engine

HOLDING = (
    ("partner_id", "varchar"),
    ("tier", "varchar"),
    ("tier_rank", "integer"),
    ("valid_from", "date"),
    ("valid_to", "date"),
    ("kind", "varchar"),
    ("reason", "varchar"),
    ("granted_on", "date"),
)
GRANT = (
    ("partner_id", "varchar"),
    ("tier_rank", "integer"),
    ("valid_from", "date"),
    ("granted_on", "date"),
    ("kind", "varchar"),
    ("reason", "varchar"),
)


@dataclass(frozen=True)
class Step:
    """A part of the time that a grant gives: the tier granted, or one that many steps lower."""

    steps_down: int
    valid_from: date  # of the first step: the day after the cycle; an event's begins on its date
    valid_to: date  # exclusive


def held_until(tiers: Tiers, calendar: Calendar, cycle: Cycle) -> tuple[Step, ...]:
    """How long a tier granted by a cycle, or inside it, is held, and what it falls to.

    A grant is held until `kept` cycles after its own have ended, and `grace_days` more. With
    `downgrade: one_step` the next lower tier follows for `kept` cycles, counted with the one that
    holds its first day, and `grace_days`; and so on down to the lowest tier above the base. A
    grant of the tier of rank 2 takes the first two steps.

    Cycles are counted in the length of the one that grants: a tier is held on the terms it was
    given on, however long cycles are later.
    """
    calendar = calendar.as_on(cycle.start)
    end = _after(calendar, cycle, tiers.kept) + timedelta(days=tiers.grace_days)
    steps = [Step(0, cycle.end, end)]
    if tiers.downgrade == "one_step":
        for steps_down in range(1, len(tiers.order) - 1):
            first = calendar.cycle_of(end)
            begins, end = end, _after(calendar, first, tiers.kept - 1)
            end += timedelta(days=tiers.grace_days)
            steps.append(Step(steps_down, begins, end))
    return tuple(steps)


def _after(calendar: Calendar, cycle: Cycle, cycles: int) -> date:
    """The day after the cycle that many cycles later has ended."""
    for _ in range(cycles):
        cycle = calendar.next(cycle)
    return cycle.end


def measured_by(tiers: Tiers | None) -> str:
    """What earns tiers, as reasons word it; `slab` where the reached slab does."""
    if tiers is None or tiers.from_ == "slab":
        return "slab"
    if isinstance(tiers.from_, Window):
        return f"net sales of {tiers.from_.window} cycles"
    return {"cycle_sales": "its net sales", "points_earned": "its points"}[tiers.from_]


def keep_reached(engine: Engine) -> None:
    """Keep `reached`: the tier that an amount reaches, the next one, and what is missing to it.

    Reads `measured` (partner_id, amount decimal(18, 3): net sales of the cycle or of a window of
    cycles, or points earned) and `tiers` (tier, tier_rank, threshold). Every partner measured has
    a row: partner_id, tier, tier_rank, next_tier, gap_to_next_tier.
    """
    engine.table("reached", "tiers/tier_reached")


def keep_earned(engine: Engine, tiers: Tiers | None, calendar: Calendar, cycle: Cycle) -> None:
    """Keep `earned_holdings`: what partners hold by the tier that a closed cycle earned them.

    Reads `earned` (partner_id, tier, reason), where the base tier may be in, and `tiers`. Without
    tiers, none.
    """
    if tiers is None:
        engine.values("earned_holdings", HOLDING, [])
        return
    engine.table("grants", "tiers/earned", last_day=cycle.last_day)
    _keep_held(engine, "earned_holdings", tiers, calendar, cycle)


def keep_granted(engine: Engine, tiers: Tiers | None, calendar: Calendar, cycle: Cycle) -> None:
    """Keep `granted_holdings`: what partners hold by events of a cycle.

    Reads `grants` (`GRANT`; kind immediate, action or set) and `tiers`. valid_from is the date of
    the event, and so is granted_on; a tier that is set ends what was granted on earlier days.
    Inside a day the order is the caller's: what is granted before a tier is set on the same day
    is left out. Releases come in the morning, before a day's events: granted_on is the day before.
    """
    if tiers is None:
        engine.values("granted_holdings", HOLDING, [])
        return
    _keep_held(engine, "granted_holdings", tiers, calendar, cycle)


def keep_overrides(engine: Engine, homes: Homes) -> None:
    """Keep `override_holdings`: tiers set by hand. Reads `instructions` and `tiers`."""
    engine.values("identities", IDENTITIES, homes.identities)
    engine.table("override_holdings", "tiers/overrides")


def keep_no_holdings(engine: Engine, names: Sequence[str]) -> None:
    """Keep relations of holdings without rows, where a cycle has none of a kind."""
    for name in names:
        engine.values(name, HOLDING, [])


def keep_stretches(engine: Engine) -> None:
    """Keep `stretches`: the tier of every day on which a partner holds one above the base.

    Reads `holdings`, those of all cycles that count. Rows: partner_id, tier, tier_rank,
    valid_from, valid_to (exclusive, null: for good), reason; they do not overlap.
    """
    engine.table("stretches", "tiers/stretches")


def _keep_held(engine: Engine, name: str, tiers: Tiers, calendar: Calendar, cycle: Cycle) -> None:
    steps = held_until(tiers, calendar, cycle)
    engine.values(
        "tier_steps",
        (("steps_down", "integer"), ("valid_from", "date"), ("valid_to", "date")),
        [(step.steps_down, step.valid_from, step.valid_to) for step in steps],
    )
    engine.table(name, "tiers/held")
