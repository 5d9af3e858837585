"""Slab tables of a cycle: which slab sales reach, the tier that earns, and what it pays.

Belongs here: the main table and those beside it, for the whole cycle or month by month. Not here:
which tables there are (`slab_tables`), the calculation, which is SQL in `sql/earning`, caps and
terms (`allocations`), how long a tier is held (`tiers`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.interim import less, under_slab_caps
from loyalty_pipeline.earning.slab_nexts import show_nexts, show_no_nexts
from loyalty_pipeline.earning.slab_tables import (
    MAIN,
    Until,
    a_year_before,
    cycles_of_window,
    key_of,
    rounding_of,
    show_categories,
    show_counted,
    show_relations,
    slab_tables,
)
from loyalty_pipeline.earning.tiers import keep_reached
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.relations import relations_of, slab_relations
from loyalty_pipeline.program.slabs import Slabs
from loyalty_pipeline.program.tier_rules import Tiers
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse import staged_tables, tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile

SalesOf = Callable[[Cycle, Slabs | None], WorkFile]  # net sales of a cycle, of a table's lines
_POINTS = (
    ("partner_id", "varchar"),
    ("slab", "varchar"),
    ("tier", "varchar"),
    ("rate", "decimal(9, 6)"),
    ("net_sales", "decimal(18, 2)"),
    ("slab_cap", "decimal(18, 3)"),
    ("raw_units", "bigint"),
    ("rounded_units", "bigint"),
)
_REACHED = (
    ("partner_id", "varchar"),
    ("tier", "varchar"),
    ("tier_rank", "integer"),
    ("next_tier", "varchar"),
    ("gap_to_next_tier", "decimal(18, 3)"),
)
_MEASURED = (("partner_id", "varchar"), ("amount", "decimal(18, 3)"))


class SlabStages:
    """The slab tables of one cycle; needs cycle_sales, and documents where they are asked."""

    def __init__(
        self, engine: Engine, inputs: StagedInputs, rules: EffectiveRules, sales_of: SalesOf
    ) -> None:
        self._engine = engine
        self._inputs = inputs
        self._rules = rules
        self._sales_of = sales_of
        self._last = len(rules.segments) - 1

    def assign(self) -> None:
        """Keep `slab_assigned`: slab, rate and tier of every partner with sales in the cycle.

        Tiers that points earn are not known yet; `assign_by_points` tells them afterwards.
        """
        engine, version = self._engine, self._rules.governing
        show_relations(engine, relations_of(self._rules))
        self._place(version.slabs, self._sales(version.slabs))
        self._reach(version.tiers, "cycle_sales")
        show_nexts(self._engine, self._rules)
        self._assign("slab_assigned", version.tiers)

    def assign_by_points(self) -> None:
        """The same, with the tiers that points of `capped_awards` earned."""
        slabs = self._rules.governing.slabs
        show_relations(self._engine, relations_of(self._rules))
        self._engine.table("measured", "earning/measured_points")
        keep_reached(self._engine)
        self._place(slabs, self._sales(slabs))
        show_nexts(self._engine, self._rules)
        self._assign("slab_assigned", self._rules.governing.tiers)

    @property
    def sales_before(self) -> list[WorkFile]:
        """Net sales of the earlier cycles of a window that earns tiers."""
        cycles = cycles_of_window(self._rules, self._inputs)
        return [self._sales_of(cycle, None) for cycle in cycles]

    def reach(self) -> None:
        """Keep `reached`: the tier that net sales of the cycle, or a window, earn each partner."""
        show_relations(self._engine, relations_of(self._rules))
        self._reach(self._rules.governing.tiers, "cycle_sales")

    def awards(self, times: Sequence[Until]) -> list[str]:
        """The slab awards of the cycle, or of each of its months; the names of the relations."""
        found = []
        for place, (name, slabs) in enumerate(slab_tables(self._rules), start=1):
            shown = relations_of if name == MAIN else partial(slab_relations, table_id=name)
            show_relations(self._engine, shown(self._rules))
            before: str | None = None
            for number, until in enumerate(times):
                relation = self._awards_until(name, slabs, until, (place, number))
                if until.key is None:
                    found.append(relation)
                else:
                    now = under_slab_caps(self._engine, self._rules, relation)
                    found.append(less(self._engine, self._rules, now, before, name, until))
                    before = now
        return found or [self._no_awards()]

    def _no_awards(self) -> str:
        """A relation of awards without rows, of a cycle without slab tables."""
        engine = self._engine
        engine.values("slab_points", _POINTS, [])
        engine.table(
            "no_slab_awards",
            "awards/of_slabs",
            event_date=self._rules.cycle.last_day,
            place=0,
            strategy=MAIN,
            period_key=None,
            rules_version=self._rules.version,
            first_on=None,
            is_projected=False,
        )
        return "no_slab_awards"

    def _awards_until(self, name: str, slabs: Slabs, until: Until, at: tuple[int, int]) -> str:
        """Keep the awards of a table up to a time. `at`: the numbers of both; the main one is 1."""
        engine, rules = self._engine, self._rules
        place, number = at
        suffix = f"{place}_{number}"
        is_whole_cycle = until.key is None and slabs.categories is None
        documents, sales = show_counted(engine, slabs), "cycle_sales"
        if until.key is not None:
            engine.table(
                "documents_until",
                "earning/documents_until",
                reads={"slab_documents": documents},
                until=until.end,
            )
            documents = "documents_until"
        if not is_whole_cycle:
            sales = self._sales_of_documents("slab_sales", documents, until)
        if name != MAIN or until.key is not None:
            self._place(slabs, sales)
            self._assign_table(name, slabs, sales, until, at)
        else:
            self._measure(slabs, sales)
        assigned = "slab_assigned" if name == MAIN and until.key is None else "table_assigned"
        self._points(slabs, documents, sales, assigned)
        engine.table(
            f"slab_awards_{suffix}",
            "awards/of_slabs",
            event_date=until.end - timedelta(days=1),
            place=place,
            strategy=name,
            period_key=key_of(rules, name, until),
            rules_version=rules.version,
            first_on=until.first_on,
            is_projected=until.is_projected,
        )
        return f"slab_awards_{suffix}"

    def _sales_of_documents(self, relation: str, documents: str, until: Until) -> str:
        self._engine.table(
            relation,
            "earning/table_sales",
            reads={"slab_documents": documents},
            until=until.end,
        )
        return relation

    def _assign_table(
        self, name: str, slabs: Slabs, sales: str, until: Until, at: tuple[int, int]
    ) -> None:
        """Keep `table_assigned`: as slab_assigned, of another table or up to a month.

        Tables beside the main one are rated by the tier that the same sales earned there, or all
        sales: those of the cycle, or those up to the month.
        """
        tiers = self._rules.governing.tiers
        place, number = at
        if name != MAIN and until.key is None:
            self._engine.view("reached", "earning/tiers_assigned")
        elif name != MAIN and tiers is not None and tiers.from_ == "slab":
            self._engine.view(
                "reached", "earning/tiers_assigned", {"slab_assigned": f"assigned_1_{number}"}
            )
        elif slabs.categories is not None:  # what earns tiers are all sales
            self._reach(tiers, self._sales_of_documents("all_sales", "cycle_documents", until))
        else:
            self._reach(tiers, sales)
        show_no_nexts(self._engine)
        self._assign(f"assigned_{place}_{number}", tiers, is_main=name == MAIN)
        self._engine.alias("table_assigned", f"assigned_{place}_{number}")

    def _points(self, slabs: Slabs, documents: str, sales: str, assigned: str) -> None:
        engine, rules = self._engine, self._rules
        grain = rules.governing.rounding.slab_grain
        if grain == "document":
            engine.view(
                "contributions",
                "earning/contributions_by_document",
                {"cycle_documents": documents},
            )
        elif len(rules.segments) > 1:
            engine.view(
                "contributions",
                "earning/contributions_by_segment",
                {"cycle_documents": documents},
            )
        else:
            engine.view("contributions", "earning/contributions_by_cycle", {"cycle_sales": sales})
        engine.table(
            "slab_points",
            f"earning/slab_points_{slabs.mode}",
            reads={"slab_assigned": assigned},
            grain=grain,
            last_segment=self._last,
            **rounding_of(rules),
        )

    def _sales(self, slabs: Slabs | None) -> str:
        """The relation of the cycle's net sales that a table is about."""
        if slabs is None or slabs.categories is None:
            return "cycle_sales"
        file = self._sales_of(self._rules.cycle, slabs)
        self._engine.files("category_sales", [file], tables.CYCLE_SALES)
        self._engine.view("main_table_sales", "earning/main_table_sales")
        return "main_table_sales"

    def _reach(self, tiers: Tiers | None, sales: str) -> None:
        """Keep `reached`: tiers that net sales earn; of others there is no row."""
        engine = self._engine
        if tiers is None or tiers.from_ in ("slab", "points_earned"):
            engine.values("reached", _REACHED, [])
            engine.values("measured", _MEASURED, [])
            return
        engine.files("window_sales", self.sales_before, tables.CYCLE_SALES)
        engine.table("measured", "earning/measured_sales", reads={"cycle_sales": sales})
        keep_reached(engine)

    def _assign(self, name: str, tiers: Tiers | None, *, is_main: bool = True) -> None:
        decides = "none" if tiers is None else "slab" if tiers.from_ == "slab" else "reached"
        self._engine.table(
            name,
            "earning/slab_assignments",
            program=self._rules.program,
            cycle=self._rules.cycle.name,
            tier_from=decides if is_main or decides == "none" else "reached",
            last_segment=self._last,
        )

    def _place(self, slabs: Slabs | None, sales: str) -> None:
        """Keep `slab_measure` and `slab_placed`: the slab reached."""
        self._measure(slabs, sales)
        self._engine.table("slab_placed", "earning/slab_placed", last_segment=self._last)

    def _measure(self, slabs: Slabs | None, sales: str) -> None:
        """Keep `slab_measure` of net sales in the relation named."""
        engine = self._engine
        measures = slabs.measures if slabs else "net_sales"
        parameters: dict[str, Any] = {}
        if measures == "growth":
            earlier = a_year_before(self._rules, self._inputs)
            files = [self._sales_of(cycle, slabs) for cycle in earlier]
            engine.files("sales_before", files, tables.CYCLE_SALES)
        elif measures == "target":
            engine.files("targets", self._inputs.tables("targets"), staged_tables.TARGETS)
            show_categories(engine, slabs)
            parameters["cycle"] = self._rules.cycle.name
        engine.table(
            "slab_measure",
            f"earning/measure_{measures}",
            reads={"table_sales": sales},
            **parameters,
        )
