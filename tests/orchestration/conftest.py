from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.orchestration.shop import Shop, shop


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with rules and nothing delivered yet."""
    with shop(tmp_path) as found:
        yield found
