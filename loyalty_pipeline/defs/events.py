"""Materialisations reported beside a step's own: of other partitions that the same commit touched.

Belongs here: the tags that make Dagster see such an event as it sees a step's. Not here: which
partitions those are. What Dagster does with the tags is pinned in tests/upstream.

A sealed commit may promote several months, or post to several cycles, at once. Dagster gives a
step one event for its partition; the others are told by these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import dagster as dg

from loyalty_pipeline.defs import figures

Shown = tuple[str, figures.Metadata]  # data version and metadata of one materialisation

# Landing stages what it lands in the same step, so nothing ever waits between the two: staged
# months are up to date with it whatever lands. A version that moved would make every month stale.
NOTHING_WAITS = "nothing waits"

_VERSION = "dagster/data_version"


def reported(
    instance: dg.DagsterInstance,
    key: dg.AssetKey,
    partition: str | None,
    shown: Shown,
    deps: Iterable[dg.AssetKey],
    whole: Collection[dg.AssetKey] = (),
) -> dg.AssetMaterialization:
    """A materialisation of a partition, made of its inputs as they are at this moment.

    To be reported at once, before anything else: what is reported later of an input is news to
    it, and makes it stale where it differs. For inputs with partitions Dagster compares what was
    reported before and after the pointer, for those that are `whole` their versions.
    """
    version, metadata = shown
    pointer = str(instance.event_log_storage.get_maximum_record_id() or 0)
    tags = {
        _VERSION: version,
        "dagster/data_version_is_user_provided": "true",
        "dagster/code_version": "none",
    }
    for dep in deps:
        name = dep.to_user_string()
        tags[f"dagster/input_data_version/{name}"] = (
            version_now(instance, dep) if dep in whole else "see the pointer"
        )
        tags[f"dagster/input_event_pointer/{name}"] = pointer
    return dg.AssetMaterialization(key, partition=partition, metadata=metadata, tags=tags)


def version_now(instance: dg.DagsterInstance, key: dg.AssetKey) -> str:
    """The data version of what was reported last.

    Of an input never seen Dagster says NULL, or INITIAL if it is not ours to make: the drop."""
    event = instance.get_latest_materialization_event(key)
    materialization = event.asset_materialization if event else None
    tags = materialization.tags if materialization else None
    return (tags or {}).get(_VERSION, "INITIAL" if key.path[-1] == "drop" else "NULL")
