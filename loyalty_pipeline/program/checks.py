"""What the keys of a program file mean together.

Belongs here: the walk over a file that calls every rule about more than one key. It works on a
draft, in which parts that are wrong by themselves are missing, so that one mistake hides no
other. Not here: what one key may hold (`model`), lines and files (`loader`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from loyalty_pipeline.program.checks_awards import award_findings
from loyalty_pipeline.program.checks_campaigns import campaign_findings
from loyalty_pipeline.program.checks_caps import cap_findings
from loyalty_pipeline.program.checks_conditions import condition_findings
from loyalty_pipeline.program.checks_idle import idle_forwards, idle_releases
from loyalty_pipeline.program.checks_notices import notice_findings
from loyalty_pipeline.program.checks_rulesets import ruleset_findings
from loyalty_pipeline.program.checks_slabs import cap_decimals_findings, table_findings
from loyalty_pipeline.program.checks_sources import source_findings
from loyalty_pipeline.program.checks_strategies import strategy_findings
from loyalty_pipeline.program.checks_tiers import tier_findings
from loyalty_pipeline.program.checks_versions import between_versions
from loyalty_pipeline.program.columns import CustomFields, fields_in_the_way
from loyalty_pipeline.program.draft import Draft, draft_of
from loyalty_pipeline.program.feeds import CANONICAL_COLUMNS
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.reach import reached_by
from loyalty_pipeline.program.versions import NOT_PUBLISHED, PublishedRules


def cross_field(
    raw: Mapping[str, Any],
    published: PublishedRules = NOT_PUBLISHED,
    custom: CustomFields | None = None,
) -> list[Finding]:
    """All that is wrong between keys of a program, which may be wrong in itself elsewhere.

    `custom` are the custom fields of a program without sources; sources bring their own.
    """
    found: list[Finding] = []
    sources = raw.get("sources")
    sources = sources if isinstance(sources, list | tuple) else ()
    fields = _custom_fields(sources) if sources else custom or {}
    versions = raw.get("versions")
    drafts = [
        (number, draft_of(version, fields))
        for number, version in enumerate(versions if isinstance(versions, list | tuple) else ())
        if isinstance(version, Mapping)
    ]
    for number, draft in drafts:
        found += [
            Finding(("versions", number, *finding.path), finding.message)
            for finding in _version(draft)
        ]
    found += idle_releases(drafts, published)
    found += _same_ids(sources, ("sources",), "source")
    for number, source in enumerate(sources):
        if isinstance(source, Mapping):
            found += source_findings(source, ("sources", number))
            found += _fields_in_the_way(source, fields, ("sources", number))
    return found + between_versions(raw, published)


def _version(draft: Draft) -> Iterator[Finding]:
    reached = reached_by(draft)
    yield from table_findings(draft)
    yield from tier_findings(draft)
    yield from cap_findings(draft)
    yield from cap_decimals_findings(
        [(*path, "points") for path, _ in draft.caps],
        [cap.points for _, cap in draft.caps],
        draft.rounding,
    )
    yield from strategy_findings(draft)
    yield from ruleset_findings(draft, reached)
    yield from idle_forwards(draft, reached)
    yield from condition_findings(draft, reached)
    yield from award_findings(draft, reached)
    yield from campaign_findings(draft)
    yield from notice_findings(draft, reached)
    for key, what in (
        ("caps", "cap"),
        ("strategies", "strategy"),
        ("campaigns", "campaign"),
        ("messages", "message"),
        ("coupons", "coupon"),
    ):
        yield from _same_ids(draft.raw.get(key), (key,), what)
    yield from _points_under_one_name(draft)


def _custom_fields(sources: Sequence[object]) -> CustomFields:
    """The custom fields of sources that may be wrong otherwise; text where two differ."""
    found: dict[Any, dict[str, str]] = {}
    for source in sources:
        feeds = source.get("feeds") if isinstance(source, Mapping) else None
        for name, feed in feeds.items() if isinstance(feeds, Mapping) else ():
            custom = feed.get("custom") if isinstance(feed, Mapping) else None
            for field, kind in custom.items() if isinstance(custom, Mapping) else ():
                same = found.setdefault(name, {}).setdefault(str(field), str(kind))
                if same != kind:
                    found[name][field] = "text"
    return found


def _fields_in_the_way(
    source: Mapping[str, Any], fields: CustomFields, where: Path
) -> Iterator[Finding]:
    feeds = source.get("feeds")
    for (feed, field), column in fields_in_the_way(fields).items():
        said = feeds.get(feed) if isinstance(feeds, Mapping) else None
        custom = said.get("custom") if isinstance(said, Mapping) else None
        known = field in CANONICAL_COLUMNS[feed]  # which source_findings tells
        if isinstance(custom, Mapping) and field in custom and not known:
            message = f"conditions have a column {column} already: give the field another name"
            yield Finding((*where, "feeds", feed, "custom", field), message)


def _points_under_one_name(draft: Draft) -> Iterator[Finding]:
    """Points stand under the strategy that earned them, which may be a table or a campaign."""
    taken = {"slabs": "the main slab table"}
    named = [(table.path, table.id, "a slab table") for table in draft.tables if table.id]
    named += [(path, one.id, "a strategy") for path, one in draft.strategies]
    named += [(path, one.id, "a campaign") for path, one in draft.campaigns if not one.strategy]
    for path, name, what in named:
        other = taken.setdefault(name, what)
        if other != what:  # two of a kind are told as such
            message = f"{other} is called {name}, too, and points stand under it: give each its own"
            yield Finding((*path, "id"), message)


_PLURAL = {"strategy": "strategies"}


def _same_ids(parts: object, where: Path, what: str) -> list[Finding]:
    found = []
    seen: set[str] = set()
    for number, part in enumerate(parts if isinstance(parts, list | tuple) else ()):
        name = part.get("id") if isinstance(part, Mapping) else None
        if not isinstance(name, str):
            continue
        if name in seen:
            message = f"two {_PLURAL.get(what, f'{what}s')} have the id {name}: give each its own"
            found.append(Finding((*where, number, "id"), message))
        seen.add(name)
    return found
