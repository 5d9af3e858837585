"""A slow run never overwrites a newer one: the fence around a posting, with and without."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loyalty_pipeline.journal.commits import Commit, Draft
from loyalty_pipeline.journal.sequence import Journal, MovedError
from loyalty_pipeline.ledger import posting
from loyalty_pipeline.ledger.audit import verify_program
from loyalty_pipeline.program.clock import Clock
from tests.properties import reading
from tests.properties.histories import Product, product, program_of
from tests.properties.model import Band, Doc, Rules

TODAY = date(2025, 7, 10)
RULES = Rules((Band(Decimal(0), None, Decimal("0.1")),), "whole", 0, "half_up", "cycle", None, None,
              "original_cycle")  # fmt: skip
PROGRAM = program_of(RULES)
CYCLE = PROGRAM.calendar.parse("2025-04")


def sale(number: str, amount: int) -> Doc:
    return Doc("D1", "invoice", number, date(2025, 5, 1), "P1", Decimal(amount))


@contextmanager
def nobody_waits(self: Journal) -> Iterator[None]:
    yield


def slow_run_meets_newer_one(subject: Product, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A run computes from one file; before it commits, another lands more and posts.

    The lock that would keep them apart is taken away, since correctness must not depend on it.
    """
    monkeypatch.setattr(Journal, "writing", nobody_waits)
    subject.land([[sale("1", 1000)]], TODAY)
    subject.stage(PROGRAM, TODAY)
    computed, go_on = threading.Event(), threading.Event()
    earn = posting.earn_cycle
    slow = threading.Thread(target=lambda: results.append(post(subject)))
    results: list[Any] = []

    def earn_and_wait(*args: Any, **kwargs: Any) -> Any:
        earned = earn(*args, **kwargs)
        if threading.current_thread() is slow and not go_on.is_set():
            computed.set()
            assert go_on.wait(30)
        return earned

    monkeypatch.setattr(posting, "earn_cycle", earn_and_wait)
    slow.start()
    assert computed.wait(30)
    subject.land([[sale("2", 500)]], TODAY)
    subject.stage(PROGRAM, TODAY)
    results.append(post(subject))
    go_on.set()
    slow.join(60)
    return results


def post(subject: Product) -> Any:
    return posting.post_cycle(PROGRAM, CYCLE, subject.home, Clock.on(TODAY), "run")


def test_a_slow_run_recomputes_when_a_newer_one_committed_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with product() as subject:
        results = slow_run_meets_newer_one(subject, monkeypatch)
        assert sorted(result.entries for result in results) == [0, 1]
        assert reading.balances(subject.home, "model") == {"P1": (Decimal(0), Decimal(150))}
        assert verify_program(subject.home, "model") == []


def test_without_the_fence_the_slow_run_would_post_what_it_saw_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append = Journal.append

    def append_whatever_was_seen(self: Journal, draft: Draft, seen: int) -> Commit:
        return append(self, draft, self.head)

    with product() as subject:
        monkeypatch.setattr(Journal, "append", append_whatever_was_seen)
        heads = posting.staged_inputs
        monkeypatch.setattr(posting, "staged_inputs", _only_once(heads))
        slow_run_meets_newer_one(subject, monkeypatch)
        assert reading.balances(subject.home, "model") != {"P1": (Decimal(0), Decimal(150))}
        assert verify_program(subject.home, "model") != []


def _only_once(staged_inputs: Any) -> Any:
    """Each thread sees the sources as it saw them first, so that it notices no newer staging."""
    seen: dict[int, Any] = {}

    def frozen(*args: Any) -> Any:
        return seen.setdefault(threading.get_ident(), staged_inputs(*args))

    return frozen


def test_five_lost_races_end_with_a_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def always_late(self: Journal, draft: Draft, seen: int) -> Commit:
        raise MovedError("taken")

    with product() as subject:
        subject.land([[sale("1", 1000)]], TODAY)
        subject.stage(PROGRAM, TODAY)
        monkeypatch.setattr(Journal, "append", always_late)
        with pytest.raises(MovedError, match="other runs committed 5 times"):
            post(subject)
