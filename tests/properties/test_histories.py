"""The product against the model: any program, any history, to the point."""

from __future__ import annotations

import os
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty_pipeline.ledger.audit import verify_program
from tests.properties import model, reading
from tests.properties.histories import days, documents, files, product, program_of, rules
from tests.properties.model import Doc, Ledger, Rules

# The long run sets this to thousands.
EXAMPLES = int(os.environ.get("LOYALTY_EXAMPLES", "40"))
LAST_DAY = date(2026, 3, 1)

relaxed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[date, list[list[Doc]]]]:
    """Deliveries on ascending days, the last one long after everything."""
    dates = sorted(draw(st.lists(days, min_size=1, max_size=3, unique=True)))
    history = [(day, draw(st.lists(files, min_size=1, max_size=2))) for day in dates]
    return [*history, (LAST_DAY, draw(st.lists(files, max_size=1)))]


@relaxed
@given(history=steps(), first=rules(), second=rules(), change_at=st.integers(0, 3))
def test_sales_points_and_balances_equal_the_model_after_every_step(
    history: list[tuple[date, list[list[Doc]]]], first: Rules, second: Rules, change_at: int
) -> None:
    delivered: list[list[Doc]] = []
    ledger = Ledger()
    with product() as subject:
        for number, (today, contents) in enumerate(history):
            in_force = second if number >= change_at else first
            subject.land(contents, today)
            subject.run(program_of(in_force), today)
            for content in contents:
                # The same file again changes nothing, even if newer versions came between.
                if content not in delivered:
                    delivered.append(content)
            ledger.release(today)
            ledger.post(delivered, today, in_force)
            ledger.release(today)
            sales = model.cycle_sales(delivered, today, in_force.restate)
            assert reading.cycle_sales(subject.home, "model") == sales
            expected = model.allocations(delivered, today, in_force)
            assert reading.allocations(subject.home, "model") == expected
            assert reading.balances(subject.home, "model") == ledger.balances()
        assert verify_program(subject.home, "model") == []
        again = subject.run(program_of(in_force), LAST_DAY)
        assert again.entries == 0
        assert not [posting for posting in again.postings if posting.commit]


@relaxed
@given(
    delivery=st.lists(documents(), min_size=2, max_size=14, unique_by=lambda doc: doc.identity),
    one_rules=rules(),
    random=st.randoms(use_true_random=False),
)
def test_any_order_split_and_repetition_of_single_versions_gives_the_same_facts_and_ledger(
    delivery: list[Doc], one_rules: Rules, random: object
) -> None:
    program = program_of(one_rules)
    shuffled = list(delivery)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    half = len(shuffled) // 2
    # Repeated documents, in another file, so that files are not duplicates of each other.
    split = [shuffled[:half], shuffled[half:], shuffled[: half + 1]]
    with product() as whole, product() as pieces:
        whole.land([delivery], LAST_DAY)
        whole.run(program, LAST_DAY)
        for content in split:
            pieces.land([content] if content else [], LAST_DAY)
            pieces.run(program, LAST_DAY)
        facts = reading.staged_facts(whole.home, "dms")
        assert reading.staged_facts(pieces.home, "dms") == facts
        assert reading.balances(pieces.home, "model") == reading.balances(whole.home, "model")
        assert reading.allocations(pieces.home, "model") == reading.allocations(whole.home, "model")


@relaxed
@given(delivery=files, first=rules(), second=rules())
def test_rules_there_and_back_post_the_way_back(
    delivery: list[Doc], first: Rules, second: Rules
) -> None:
    with product() as subject:
        subject.land([delivery], LAST_DAY)
        subject.run(program_of(first), LAST_DAY)
        before = reading.balances(subject.home, "model")
        posted = len(reading.entries(subject.home, "model"))
        there = subject.run(program_of(second), LAST_DAY + timedelta(days=1))
        back = subject.run(program_of(first), LAST_DAY + timedelta(days=2))
        assert reading.balances(subject.home, "model") == before
        assert len(reading.entries(subject.home, "model")) == posted + there.entries + back.entries
        assert verify_program(subject.home, "model") == []
