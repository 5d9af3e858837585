"""Hashes of what a cycle is computed from: each changes exactly when that does.

Belongs here: which inputs a cycle depends on under its rules, and what they are called where a
difference is explained. Not here: collecting them (`inputs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loyalty_pipeline.earning.carried import Carried
from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.slab_tables import earlier_cycles, slab_tables
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse.work_files import WorkFile


def read_parts(inputs: StagedInputs, rules: EffectiveRules, carried: Carried) -> dict[str, str]:
    """What a cycle is computed from besides its rules: by its name, which reasons give, its hash.

    Which names there are depends on the rules alone.
    """
    parts: dict[str, object] = {
        **_parts_of_sales(inputs, rules.cycle),
        **_parts_of_events(inputs, rules.cycle, rules),
        **_parts_of_other_cycles(inputs, rules),
    }
    read = {name: digest("read", rules.cycle.name, name, part) for name, part in parts.items()}
    return {**read, **carried.parts(rules.cycle, rules)}


def what_changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The names of parts that differ; what only other rules read has not changed."""
    changed = [name for name in now if before.get(name, now[name]) != now[name]]
    return [name for name in changed if name != "lines" or "sales" not in changed]


def sales_hash(inputs: StagedInputs, cycle: Cycle, rules: EffectiveRules) -> str:
    """Changes exactly when something that net sales of the cycle depend on does."""
    return digest(
        "sales",
        cycle.name,
        sorted(_parts_of_sales(inputs, cycle).items()),
        rules.governing.restate,
        inputs.program.before_enrolment,
    )


def events_hash(inputs: StagedInputs, cycle: Cycle, rules: EffectiveRules) -> str:
    """Changes exactly when something staged besides sales that events depend on does."""
    return digest("events", sorted(_parts_of_events(inputs, cycle, rules).items()))


def lines_hash(inputs: StagedInputs, cycle: Cycle) -> str:
    """Changes exactly when the lines of a cycle's documents may have."""
    return digest(
        "lines",
        [file.sha256 for _, _, file in inputs.lines()],
        _hashes(inputs.tables("sales_document_states")),
        [file.sha256 for _, file in inputs.by_month("sales_returned_lines", cycle)],
    )


def slabs_hash(inputs: StagedInputs, rules: EffectiveRules) -> str:
    """Changes exactly when what decides slabs and tiers besides the net sales of the cycle does.

    Sales of other cycles, targets, lines of categories, and dates where segments have tables of
    their own.
    """
    return digest(
        "slabs",
        sorted(_parts_of_other_cycles(inputs, rules).items()),
        rules.governing.restate,
        inputs.program.before_enrolment,
        _hashes(inputs.tables("targets")) if _has_targets(rules) else None,
        lines_hash(inputs, rules.cycle) if _has_categories(rules) else None,
        sales_hash(inputs, rules.cycle, rules) if len(rules.segments) > 1 else None,
    )


def input_hash(
    inputs: StagedInputs, rules: EffectiveRules, carried: Carried, *, closed: bool
) -> str:
    """Changes exactly when the cycle has to be computed again."""
    months_ended = [
        month.name
        for month in inputs.program.calendar.months(rules.cycle)
        if rules.governing.interim == "monthly" and month.end <= inputs.today
    ]
    return digest(
        "cycle",
        sorted(read_parts(inputs, rules, carried).items()),
        inputs.program.before_enrolment,
        rules.hash,
        rules.governing.restate,
        months_ended,
        closed,
    )


def _parts_of_sales(inputs: StagedInputs, cycle: Cycle) -> dict[str, object]:
    homes = inputs.homes(cycle)
    return {
        "sales": [(source, file.sha256) for source, file in inputs.documents(cycle)],
        "partners": [inputs.has_partner_feed, _hashes(inputs.tables("partners"))],
        "claims": _hashes(inputs.claims(cycle)),
        "merges": [homes.rows, homes.identities],
    }


def _parts_of_other_cycles(inputs: StagedInputs, rules: EffectiveRules) -> dict[str, object]:
    has_categories = _has_categories(rules)
    sales = [
        (
            cycle.name,
            sorted(_parts_of_sales(inputs, cycle).items()),
            lines_hash(inputs, cycle) if has_categories else None,
        )
        for cycle in earlier_cycles(rules, inputs)
    ]
    return {"sales of other cycles": sales} if sales else {}


def _parts_of_events(
    inputs: StagedInputs, cycle: Cycle, rules: EffectiveRules
) -> dict[str, object]:
    rulesets = [s for one in rules.event_segments for s in one.version.rulesets]
    kinds = {ruleset.event for ruleset in rulesets}
    parts: dict[str, object] = {}
    if rulesets:
        parts["stores"] = _hashes(inputs.tables("stores"))
        parts["days of events"] = inputs.today if inputs.waits_for(kinds, cycle) else None
    if "scan" in kinds:
        parts["scans"] = _hashes(inputs.tables("scans"))
    if rules.governing.tiers:
        parts["tiers set by hand"] = [r for r in inputs.set_tiers if str(r[2]) < str(cycle.end)]
    if _reads_lines(rules):
        parts["tenders"] = _hashes(inputs.tables("tenders"))
    if _reads_lines(rules) or _has_categories(rules):
        parts["lines"] = lines_hash(inputs, cycle)
    if _has_targets(rules):
        parts["targets"] = _hashes(inputs.tables("targets"))
    return parts


def _reads_lines(rules: EffectiveRules) -> bool:
    """Whether rules ask about lines, quantities or payments."""
    versions = [one.version for one in rules.event_segments if one.version.rulesets]
    return any(
        any(s.unroll or s.use_proportions or "quantity" in str(s) for s in version.rulesets)
        or any(strategy.basis == "quantity" for strategy in version.strategies)
        or any("quantity" in message.names for message in version.messages)
        for version in versions
    )


def _has_categories(rules: EffectiveRules) -> bool:
    return any(table.categories for _, table in slab_tables(rules))


def _has_targets(rules: EffectiveRules) -> bool:
    return any(table.measures == "target" for _, table in slab_tables(rules))


def _hashes(files: Sequence[WorkFile]) -> list[str]:
    return [file.sha256 for file in files]
