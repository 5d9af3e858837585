"""One home with the whole story in it, for tests that only read."""

from __future__ import annotations

import pytest

from tests.unit.reporting.world import World, tell


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The story, published after every day."""
    world = World.create(tmp_path_factory.mktemp("told"))
    tell(world, publish=True)
    return world
