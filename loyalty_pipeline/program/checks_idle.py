"""Rules that load and could never act: forwards to nothing, releases where nothing is promised.

Belongs here: what a whole file shows to be of no use. Not here: conditions that never hold
(`checks_conditions`), rules that another one leaves nothing (`checks_rulesets`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.model import Version
from loyalty_pipeline.program.reach import UNROLLED_EVENT, Reached, unrolled
from loyalty_pipeline.program.versions import PublishedRules


def idle_forwards(draft: Draft, reached: Sequence[Reached]) -> Iterator[Finding]:
    """Forwards of events without lines or payment modes to sets that see only these."""
    sees = {ruleset.id: unrolled(ruleset) for _, ruleset in draft.rulesets if ruleset.id}
    events: dict[Path, list[str]] = {}
    targets: dict[Path, str] = {}
    for one in reached:
        for path, _, action in one.actions():
            if action.forward is not None and one.ruleset.unroll is None:
                events.setdefault(path, []).append(one.event)
                targets[path] = action.forward
    for path, target in targets.items():
        what = sees.get(target)
        if what is not None and UNROLLED_EVENT not in events[path]:
            message = (
                f"{target} sees {what}, which only documents of sales have, so none of its rules "
                f"would act for {' or '.join(events[path])}: forward to a set that sees the whole"
            )
            yield Finding((*path, "forward"), message)


def idle_releases(
    drafts: Sequence[tuple[int, Draft]], published: PublishedRules
) -> Iterator[Finding]:
    """Rules of releases where no version of the program promises anything.

    Versions that a file leaves out count: what they promised falls due under the others.
    """
    if any(map(_promised, published.versions)) or any(_promises(draft) for _, draft in drafts):
        return
    for number, draft in drafts:
        for path, ruleset in draft.rulesets:
            if ruleset.event == "delayed_accrual":
                message = (
                    "no points of the program are promised, so nothing falls due: give a strategy "
                    "or the slabs 'delayed_accrual: 7', or leave the event out"
                )
                yield Finding(("versions", number, *path, "event"), message)


def _promised(version: Version) -> bool:
    tables = [table for table in (version.slabs, *version.further_slabs) if table is not None]
    return any(strategy.is_delayed for strategy in version.strategies) or any(
        table.delayed_accrual is not None for table in tables
    )


def _promises(draft: Draft) -> bool:
    """Whether a version promises points, or may do so once what is wrong in it is mended."""
    further = draft.raw.get("further_slabs")
    tables = [draft.raw.get("slabs"), *(further if isinstance(further, list | tuple) else ())]
    return (
        not draft.strategies.complete
        or any(strategy.is_delayed for _, strategy in draft.strategies)
        or any(isinstance(table, Mapping) and "delayed_accrual" in table for table in tables)
    )
