"""From awards to allocations: rounding, caps from narrow to wide, lines, terms.

Belongs here: the order of these stages (SPEC 5). Not here: what awards there are
(`event_awards`, `slabs`), the arithmetic of a stage, which is SQL in `sql/awards` and `sql/caps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from loyalty_pipeline.earning.event_awards import Found
from loyalty_pipeline.earning.rule_tables import TERMS, terms
from loyalty_pipeline.program.limits import Cap, in_stage_order
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile

# Raw points are kept in whole units of 10^-8 (amount in cents x rate in millionths).
RAW_DECIMALS = 8
_THIS_CAP = (
    ("cap_id", "varchar"),
    ("per", "varchar"),
    ("period", "varchar"),
    ("points", "decimal(18, 3)"),
    ("names", "varchar[]"),
    ("fiscal_start", "integer"),
)
# What is the same for all awards of most programs. Rows are put in order for each cap, so these
# columns are left behind meanwhile: nearly half of a row.
_SAME_FOR_ALL = {
    "unit": "cast(null as varchar)",
    "line_no": "cast(null as integer)",
    "slab": "cast(null as varchar)",
    "promotion_order": "cast(0 as bigint)",
    "promotion": "cast(null as varchar)",
    "multiplier": "cast(1 as decimal(9, 3))",
    "period_key": "cast(null as varchar)",
    "uses_proportions": "false",
    "first_on": "cast(null as date)",
    "is_projected": "false",
}
_UNTOLD = {"capped_by": "cast(null as varchar)", "forgone_by": "cast(null as varchar)"}
# Whose periods may go on when a cycle ends. A month lies in one cycle, as days do.
_OVER_CYCLES = ("week", "year")
_READ_MORE = {"line", "strategy", "slab", "program"}  # caps that ask for some of these columns


@dataclass(frozen=True)
class Written:
    """The files that allocations of a cycle came to."""

    posted: WorkFile | None  # awards of events; of the cycle once it has ended
    projected: WorkFile | None  # awards of the cycle while it is open
    levels: tuple[WorkFile, ...] = ()  # what caps of later cycles start from


def show_rounding(engine: Engine, rules: EffectiveRules) -> None:
    """Give SQL the rounding of the cycle's awards: one row."""
    rounding = rules.governing.rounding
    engine.values(
        "rounding",
        (("step", "bigint"), ("mode", "varchar"), ("grain", "varchar")),
        [(10 ** (RAW_DECIMALS - rounding.decimals), rounding.mode, rounding.event_grain)],
    )


def show_cap(engine: Engine, name: str, cap: Cap, fiscal_start: int | None = None) -> None:
    """Give SQL a cap under a name: one row."""
    names = list(cap.of) if cap.of else None
    row = (cap.id, cap.per, cap.over or "cycle", cap.points, names, fiscal_start)
    engine.values(name, _THIS_CAP, [row])


def carries_caps(rules: EffectiveRules) -> bool:
    """Whether some cap counts over the end of the cycle."""
    return any(_goes_on(cap, rules) for cap in rules.governing.caps)


def _goes_on(cap: Cap, rules: EffectiveRules) -> bool:
    return cap.period in _OVER_CYCLES and not (
        cap.period == "year" and rules.governing.cycle == "year"
    )


class Allocations:
    """The stages after awards; needs rounding, tiers of strategies and, of lines, event_lines."""

    def __init__(self, engine: Engine, rules: EffectiveRules, fiscal_start: int) -> None:
        self._engine = engine
        self._rules = rules
        self._fiscal_start = fiscal_start
        self._going_on: list[tuple[Cap, dict[str, str]]] = []

    def rounded(self, found: Found, closed_on: date | None) -> str | None:
        """Round the awards of events; the name of the relation, None if there are no rules.

        `closed_on`: the day that closes the cycle; None while it is open.
        """
        engine = self._engine
        if not found.raw:
            return None
        engine.stack("raw_awards", found.raw)
        is_running = self._rules.governing.rounding.event_grain == "cycle"
        if found.is_simple and not is_running and not self._splits_events:
            engine.view("rounded_awards", "awards/rounded_alone", {"awards_in": "raw_awards"})
        else:
            awards = "raw_awards"
            if "promotion_order" not in engine.columns(awards):
                engine.view("regular_awards", "awards/regular", {"awards_in": awards})
                awards = "regular_awards"
            engine.view("weighted_awards", "awards/weighted", {"awards_in": awards})
            engine.keep("weighted_awards")
            engine.view("wholes", f"awards/wholes_by_{'cycle' if is_running else 'event'}")
            engine.view("rounded_awards", "awards/rounded")
        engine.values(
            "closing",
            (("is_projected", "boolean"), ("closed_on", "date")),
            [(closed_on is None, closed_on)],
        )
        engine.view("event_awards", "awards/before_caps", {"rows_in": "rounded_awards"})
        return "event_awards"

    @property
    def _splits_events(self) -> bool:
        """Whether the two sides of a tier's threshold are parts of one whole."""
        tiers = self._rules.governing.tiers
        return tiers is not None and tiers.crossing == "split"

    def capped(self, awards: Sequence[str], *, is_simple: bool) -> str:
        """Put awards through every cap; the name of the relation.

        `is_simple`: all are of events, each a whole by itself. What was capped before is forgotten:
        where points change tiers, only the last round counts.
        """
        engine = self._engine
        self._going_on = []
        engine.stack("awards_in_all", awards)
        caps = self._caps_of_awards
        is_narrow = is_simple and self._has_same_for_all(caps)
        placed = "placed_narrow" if is_narrow else "placed_alone" if is_simple else "placed"
        engine.view("awards_0", f"awards/{placed}", {"rows_in": "awards_in_all"})
        for number, cap in enumerate(caps, start=1):
            self._through(cap, number, is_told=not is_narrow or number > 1)
        relation = f"awards_{len(caps)}"
        if is_narrow:
            label = self._rules.event_segments[0].version.label
            same = {**_SAME_FOR_ALL, "rules_version": f"'{label}'"}
            engine.derive("awards_whole", relation, same)
            relation = "awards_whole"
        return relation

    def _has_same_for_all(self, caps: Sequence[Cap]) -> bool:
        """Whether there are caps, and neither they nor the rules ask for what may be left behind.

        `first_on` is asked for by budgets and by delays from posting.
        """
        segments = self._rules.event_segments
        return (
            bool(caps)
            and not any(cap.per in _READ_MORE or _goes_on(cap, self._rules) for cap in caps)
            and len(segments) == 1
            and not self._uses_proportions
            and not any(one.delay_from == "posting" for one in segments[0].version.strategies)
            and not any(one.event == "cycle_close" for one in segments[0].version.rulesets)
        )

    @property
    def _caps_of_awards(self) -> list[Cap]:
        """From narrow to wide; what months pay has gone through the caps of slabs (`interim`)."""
        rules = self._rules.governing
        is_interim = rules.interim == "monthly"
        return in_stage_order([c for c in rules.caps if not (is_interim and c.per == "slab")])

    def _through(self, cap: Cap, number: int, *, is_told: bool) -> None:
        """Put awards through one cap: from awards_0 to awards_1, and so on.

        `is_told`: they say what narrower caps took; if not, there is none.
        """
        engine = self._engine
        this_cap, limited = f"cap_{number}", f"limited_{number}"
        show_cap(engine, this_cap, cap, self._fiscal_start)
        reads = {"rows_in": f"awards_{number - 1}", "this_cap": this_cap}
        if _goes_on(cap, self._rules):
            engine.keep(reads["rows_in"])
            self._going_on.append((cap, reads))
        query = f"budget_{cap.when_exhausted}" if cap.per == "program" else cap.per
        if query == "budget_prorate":  # shares what is left: no running sum
            engine.view(limited, "caps/budget_prorate", reads)
        else:
            engine.view(f"levels_{number}", f"caps/{query}", reads)
            engine.view(limited, "caps/let_through", {"levels_in": f"levels_{number}"})
        if not is_told:
            engine.derive(f"{limited}_untold", limited, _UNTOLD)
            limited = f"{limited}_untold"
        engine.view(f"awards_{number}", "caps/passed", {"limited_in": limited})

    def write(self, capped: str, *, closed: bool, has_posted: bool) -> Written:
        """Split over lines and tranches, and write what is posted and what is projected."""
        engine, rules = self._engine, self._rules
        relation = capped
        if self._uses_proportions:
            engine.view("proportioned", "awards/proportioned", {"rows_in": relation})
            relation = "proportioned"
        rows = [*terms([s.version for s in rules.event_segments]), *_slab_terms(rules)]
        engine.values("strategy_terms", TERMS, rows)
        pays_in_parts = any(row[2] != 1 for row in rows)
        engine.view(
            "awards_on_terms",
            f"awards/{'in_tranches' if pays_in_parts else 'on_terms'}",
            {"rows_in": relation},
        )
        relation = "awards_on_terms"
        levels = self._levels()
        if closed:
            return Written(self._file("point_allocations", relation), None, levels)
        if not has_posted:
            return Written(None, self._file("projected_allocations", relation), levels)
        engine.keep(relation)
        engine.view("awards_posted", "awards/posted", {"rows_in": relation})
        engine.view("awards_projected", "awards/projected", {"rows_in": relation})
        return Written(
            self._file("point_allocations", "awards_posted"),
            self._file("projected_allocations", "awards_projected"),
            levels,
        )

    def _levels(self) -> tuple[WorkFile, ...]:
        """What caps of later cycles start from."""
        rules = self._rules
        return tuple(
            self._engine.write(
                f"program/{rules.program}",
                "cap_levels",
                f"{rules.cycle.name}-{cap.id}",
                "caps/levels",
                reads=reads,
                program=rules.program,
                cycle=rules.cycle.name,
                cycle_end=rules.cycle.end,
            )
            for cap, reads in self._going_on
        )

    def _file(self, table: str, relation: str) -> WorkFile:
        rules = self._rules
        return self._engine.write(
            f"program/{rules.program}",
            table,
            rules.cycle.name,
            "awards/point_allocations",
            reads={"rows_in": relation},
            program=rules.program,
            cycle=rules.cycle.name,
            rules_hash=rules.hash,
        )

    @property
    def _uses_proportions(self) -> bool:
        return any(
            ruleset.use_proportions
            for segment in self._rules.event_segments
            for ruleset in segment.version.rulesets
        )


def _slab_terms(rules: EffectiveRules) -> list[tuple[object, ...]]:
    version = rules.governing
    slab_tables = [("slabs", version.slabs), *((one.id, one) for one in version.further_slabs)]
    return [
        (version.label, strategy, 1, 1_000_000, slabs.delayed_accrual, "event_date")
        for strategy, slabs in slab_tables
        if slabs is not None and slabs.delayed_accrual is not None
    ]


def show_cap_levels(engine: Engine, files: Sequence[WorkFile]) -> None:
    """Give SQL what caps over cycles start from: cap_carried."""
    engine.files("cap_carried", files, tables.CAP_LEVELS)
