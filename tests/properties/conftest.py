"""What tests of random programs and histories share."""

from __future__ import annotations

import pytest
from hypothesis.internal.conjecture.providers import HypothesisProvider


@pytest.fixture
def the_same_worlds_whatever_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis also draws numbers that stand in any module of ours that is loaded by then."""
    monkeypatch.setattr(HypothesisProvider, "_maybe_draw_constant", lambda *_, **__: None)
