"""Materialisations reported beside a step's own: of other partitions that the same commit touched.

Belongs here: the tags that make Dagster see such an event as it sees a step's. Not here: which
partitions those are. What Dagster does with the tags is pinned in tests/upstream.

A sealed commit may promote several months, or post to several cycles, at once. Dagster gives a
step one event for its partition; the others are told by these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

# Landing stages what it lands in the same step, so nothing ever waits between the two: staged
# months are up to date with it whatever lands. A version that moved would make every month stale.
NOTHING_WAITS = "nothing waits"


def reported(
    key: dg.AssetKey,
    partition: str | None,
    version: str,
    metadata: Mapping[str, Any],
    inputs: Mapping[dg.AssetKey, str] | None = None,
) -> dg.AssetMaterialization:
    """A materialisation of a partition with the content hash as its data version.

    With `inputs` (an unpartitioned input and its version) Dagster compares versions to tell
    whether it is stale; without, it compares the times of the events.
    """
    tags = {"dagster/data_version": version, "dagster/data_version_is_user_provided": "true"}
    if inputs is not None:
        tags["dagster/code_version"] = "1"
        for upstream, seen in inputs.items():
            tags[f"dagster/input_data_version/{upstream.to_user_string()}"] = seen
            tags[f"dagster/input_event_pointer/{upstream.to_user_string()}"] = "NULL"
    return dg.AssetMaterialization(key, partition=partition, metadata=metadata, tags=tags)
