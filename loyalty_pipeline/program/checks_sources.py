"""What the keys of a source mean together.

Belongs here: rules about more than one key of `sources`. Like all of them it works on a draft, in
which parts may be wrong by themselves. Not here: rules of versions (`checks_versions`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from loyalty_pipeline.program.feeds import (
    CANONICAL_COLUMNS,
    WITH_CUSTOM_FIELDS,
    FeedName,
    groups_of,
)
from loyalty_pipeline.program.finding import Finding, Path

_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")


def source_findings(raw: Mapping[str, Any], where: Path) -> list[Finding]:
    """All that is wrong between keys of one source."""
    found = [*_secrets(raw, where), *_digits(raw, where)]
    feeds = raw.get("feeds")
    for name in get_args(FeedName):
        feed = feeds.get(name) if isinstance(feeds, Mapping) else None
        if isinstance(feed, Mapping):
            here = (*where, "feeds", name)
            found += _columns(name, feed, here)
            found += _names(name, feed, here, raw.get("complete"))
            found += _digits_of_feed(raw, feed, here)
    if raw.get("delivers") == "full_period" and not (
        isinstance(feeds, Mapping) and feeds.get("sales")
    ):
        message = "full_period is about sales, which this source does not deliver: leave it out"
        found.append(Finding((*where, "delivers"), message))
    return list(dict.fromkeys(found))


def _secrets(raw: Mapping[str, Any], where: Path) -> Iterator[Finding]:
    openpgp = raw.get("openpgp")
    given: dict[Path, object] = {(name,): raw.get(name) for name in ("password", "key_passphrase")}
    if isinstance(openpgp, Mapping):
        given["openpgp", "passphrase"] = openpgp.get("passphrase")
    for path, secret in given.items():
        if isinstance(secret, Mapping) and secret.get("default") is not None:
            message = "a secret has no default, which would stand in this file: set the variable"
            yield Finding((*where, *path, "default"), message)


def _digits(raw: Mapping[str, Any], where: Path) -> Iterator[Finding]:
    """Numbers that could be read in two ways."""
    if raw.get("grouping", "none") == raw.get("decimal_mark", "."):
        message = "groups of digits and decimals cannot have the same mark: change one of them"
        yield Finding((*where, "grouping"), message)


def _digits_of_feed(
    source: Mapping[str, Any], feed: Mapping[str, Any], where: Path
) -> Iterator[Finding]:
    """The same for what a feed has of its own; what it only inherits is the source's mistake."""
    own = {key: feed[key] for key in ("grouping", "decimal_mark") if feed.get(key) is not None}
    for finding in _digits({**source, **own}, where) if own else ():
        key = "grouping" if "grouping" in own else "decimal_mark"
        yield Finding((*where, key), finding.message)


def _columns(name: FeedName, feed: Mapping[str, Any], where: Path) -> Iterator[Finding]:
    known = CANONICAL_COLUMNS[name]
    custom = [field for field in _keys(feed, "custom") if isinstance(field, str)]
    for field in custom:
        here = (*where, "custom", field)
        if name not in WITH_CUSTOM_FIELDS:
            allowed = ", ".join(sorted(WITH_CUSTOM_FIELDS))
            yield Finding(here, f"{name} has no custom fields: only {allowed} have")
        elif field in known:
            yield Finding(here, f"{field} is a column of {name} anyway: leave it out")
        elif not _FIELD.fullmatch(field):
            yield Finding(
                here,
                f"'{field}' is no name of a field: use lower case letters, digits and _, "
                f"starting with a letter, at most 40",
            )
    names: dict[str, Sequence[str]] = {
        "columns": [*known, *custom],
        "constants": known,
        "values": [*known, *custom],
        "personal": [*known, *custom],
    }
    for key, columns in names.items():
        for step, column in _steps(feed, key):
            if column not in columns:
                yield Finding((*where, key, step), _no_column(name, str(column), columns))
    for column in _keys(feed, "constants"):
        if column in _keys(feed, "columns"):
            message = f"{column} is a constant and a column of the file: leave one of them out"
            yield Finding((*where, "constants", column), message)


def _no_column(feed: str, column: str, known: Iterable[str]) -> str:
    near = get_close_matches(column, list(known), n=1)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"
    return f"{feed} has no column {column}: {hint}"


def _names(
    name: FeedName, feed: Mapping[str, Any], where: Path, complete: object
) -> Iterator[Finding]:
    """Keys that need a part of the file's name, which a control file may give instead."""
    pattern = feed.get("pattern")
    try:
        groups = groups_of(str(pattern))
    except ValueError:
        return
    if not isinstance(complete, Mapping) or complete.get("by", "control_file") == "control_file":
        return  # the control file may say what the name does not
    if feed.get("gapless_from") is not None and "sequence" not in groups:
        message = "numbers are read from the name: add a group like (?P<sequence>\\d+) to pattern"
        yield Finding((*where, "gapless_from"), message)
    expected = feed.get("expected")
    if not isinstance(expected, Mapping):
        return
    needed = {"period"} | ({"distributor"} if expected.get("per") != "month" else set())
    for group in sorted(needed - groups):
        message = f"the name does not tell the {group}: add a group like (?P<{group}>…) to pattern"
        yield Finding((*where, "expected"), message)


def _keys(feed: Mapping[str, Any], key: str) -> list[Any]:
    return [name for _, name in _steps(feed, key)]


def _steps(feed: Mapping[str, Any], key: str) -> list[tuple[str | int, Any]]:
    """The names under a key, each with its step in the path: itself, or its place in a list."""
    value = feed.get(key)
    if isinstance(value, Mapping):
        return [(name, name) for name in value]
    return list(enumerate(value)) if isinstance(value, list | tuple) else []
