"""Net sales of a program: documents and claims that count, by month and by cycle.

Belongs here: giving SQL the documents of a time with what is in their way, and the aggregates.
Not here: slabs and awards (`slabs`, `event_stages`).
"""

from __future__ import annotations

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.merges import HOMES, IDENTITIES
from loyalty_pipeline.program.calendar import Cycle, Month
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse import staged_tables, tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile


def show_documents(
    engine: Engine, inputs: StagedInputs, rules: EffectiveRules, period: Cycle
) -> None:
    """Give SQL documents and claims of a cycle, or a month of it, and what is in their way."""
    documents = inputs.documents(period)
    root = engine.home.root
    engine.files(
        "sales_documents",
        [file for _, file in documents],
        staged_tables.SALES_DOCUMENTS,
        filename=True,
    )
    engine.values(
        "input_files",
        (("path", "varchar"), ("source", "varchar")),
        [(str(root / file.path), source) for source, file in documents],
    )
    engine.files("claims", inputs.claims(period), tables.MONTH_CLAIMS)
    homes = inputs.homes(period)
    engine.values("homes", HOMES, homes.rows)
    engine.values("identities", IDENTITIES, homes.identities)
    engine.files("partners", inputs.tables("partners"), staged_tables.PARTNERS)
    engine.values(
        "settings",
        (("restate", "varchar"), ("before_enrolment", "varchar"), ("has_partner_feed", "boolean")),
        [(rules.governing.restate, rules.before_enrolment, inputs.has_partner_feed)],
    )
    engine.view("cycle_documents", "earning/cycle_documents")


def write_monthly_sales(engine: Engine, rules: EffectiveRules, month: Month) -> WorkFile:
    """Net sales of each partner in a month; reads cycle_documents."""
    return engine.write(
        f"program/{rules.program}",
        "monthly_sales",
        month.name,
        "earning/monthly_sales",
        program=rules.program,
        month=month.name,
    )


def write_cycle_sales(engine: Engine, rules: EffectiveRules) -> WorkFile:
    """Net sales of each partner in the cycle; reads sales_of_months."""
    return engine.write(
        f"program/{rules.program}",
        "cycle_sales",
        rules.cycle.name,
        "earning/cycle_sales",
        program=rules.program,
        cycle=rules.cycle.name,
    )


def write_category_sales(engine: Engine, rules: EffectiveRules) -> WorkFile:
    """Net sales of the lines of some categories; reads category_documents."""
    return engine.write(
        f"program/{rules.program}",
        "category_sales",
        rules.cycle.name,
        "earning/category_sales",
        program=rules.program,
        cycle=rules.cycle.name,
    )
