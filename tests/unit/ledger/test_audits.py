"""Audits of awards: by event, with what was forfeited, and of campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home

ENTRIES = (
    ("commit_number", "bigint"),
    ("commit_kind", "varchar"),
    ("line", "bigint"),
    ("partner_id", "varchar"),
    ("kind", "varchar"),
    ("from_account", "varchar"),
    ("to_account", "varchar"),
    ("points", "decimal(18, 3)"),
    ("effective_date", "date"),
    ("accrual_date", "date"),
    ("posted_on", "date"),
    ("allocation_key", "varchar"),
)
AWARDS = (
    ("partner_id", "varchar"),
    ("allocation_key", "varchar"),
    ("points", "decimal(18, 3)"),
)
ACCOUNTS = {
    "award": ("issued", "current"),
    "promise": ("issued", "promised"),
    "forfeit": ("promised", "forfeited"),
    "release": ("promised", "current"),
    "campaign": ("issued", "current"),
    "reversal": ("current", "issued"),
}
LIFT = "2025-04/campaign/lift/2025-04-15/P1"
EARLY, ACCRUES = date(2025, 5, 1), date(2025, 6, 10)


def key(tranche: int, rule: str = "r1") -> str:
    return f"2025-04/transaction/{rule}/base/-/-/{tranche}/dms/D1/invoice/1/2025"


@pytest.fixture
def duckdb(tmp_path: Path) -> Iterator[Engine]:
    with engine(Home(tmp_path)) as opened:
        yield opened


def entered(
    duckdb: Engine, *moves: tuple[str, str, int], commit_kind: str = "posting", on: date = EARLY
) -> None:
    rows = [
        (7, commit_kind, line, "P1", kind, *ACCOUNTS[kind], Decimal(points), on, ACCRUES, on, where)
        for line, (where, kind, points) in enumerate(moves, start=1)
    ]
    duckdb.values("entries", ENTRIES, rows)


@pytest.mark.parametrize(
    ("forfeited", "allocated", "found"),
    [
        (0, (6, 6), []),  # 12 current under the first key: the second one's promise bore 6
        (0, (6, 7), ["posted 12.000, allocated 13.000"]),
        (0, (6, 5), ["posted 12.000, allocated 11.000"]),
        (3, (6, 3), []),  # 3 that were cancelled stay posted
        (3, (6, 2), ["posted 12.000, allocated 8.000"]),
    ],
)
def test_an_event_has_what_its_allocations_say(
    duckdb: Engine, forfeited: int, allocated: tuple[int, int], found: list[str]
) -> None:
    forfeits = [(key(2), "forfeit", forfeited)] if forfeited else []
    entered(duckdb, (key(1), "award", 12), *forfeits)
    rows = [("P1", key(tranche), points) for tranche, points in enumerate(allocated, start=1)]
    duckdb.values("allocations", AWARDS, rows)
    event = "P1 2025-04/transaction/dms/D1/invoice/1/2025: "
    findings = duckdb.rows("audits/awards_differ_from_allocations")
    assert findings == [(7, 0, event + text) for text in found]


def test_awards_of_campaigns_are_audited_apart(duckdb: Engine) -> None:
    entered(duckdb, (LIFT, "campaign", 60), (LIFT, "reversal", 60))
    duckdb.values("allocations", AWARDS, [])
    duckdb.values("campaign_awards", AWARDS, [])
    assert duckdb.rows("audits/awards_differ_from_allocations") == []
    assert duckdb.rows("audits/campaigns_differ_from_awards") == []
    duckdb.values("campaign_awards", AWARDS, [("P1", LIFT, 60)])
    found = duckdb.rows("audits/campaigns_differ_from_awards")
    assert found == [(7, 0, f"P1 {LIFT}: posted 0.000, awarded 60.000")]


@pytest.mark.parametrize(("commit_kind", "findings"), [("release", 1), ("instruction", 0)])
def test_only_instructions_release_early(duckdb: Engine, commit_kind: str, findings: int) -> None:
    entered(duckdb, (key(1), "release", 5), commit_kind=commit_kind)
    assert len(duckdb.rows("audits/released_early")) == findings


def test_forfeits_and_campaigns_have_accounts_of_their_own(duckdb: Engine) -> None:
    entered(duckdb, (key(1), "forfeit", 5), (LIFT, "campaign", 5))
    assert duckdb.rows("audits/entries_move_between_wrong_accounts") == []
    of_current = ("current", "forfeited")
    duckdb.values(
        "entries",
        ENTRIES,
        [(7, "instruction", 1, "P1", "forfeit", *of_current, 5, EARLY, ACCRUES, EARLY, LIFT)],
    )
    assert len(duckdb.rows("audits/entries_move_between_wrong_accounts")) == 1
