"""What summaries, the leaderboard and statements say of every kind of award."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loyalty_pipeline.warehouse import tables
from tests.unit.reporting.granting import Granted, held
from tests.unit.reporting.world import RULES

CYCLE = "2024-04"
NET_SALES_TIERS = RULES.replace(
    "tiers: {order: [Base, Silver, Gold], from: slab}",
    "tiers: {order: [Base, Silver, Gold], from: FROM, thresholds: {Silver: 1000, Gold: 3000, "
    "Platinum: 9000}}",
).replace(", tier: Silver", "").replace(", tier: Gold", "")  # fmt: skip


def sold(partner: str, net_sales: int, **more: Any) -> dict[str, Any]:
    return {
        "program": "rewards",
        "cycle": CYCLE,
        "partner_id": partner,
        "net_sales": net_sales,
        **more,
    }


def slabs(granted: Granted, *rows: dict[str, Any], cycle: str = CYCLE) -> list[Any]:
    """All sold in the first month of the cycle."""
    found = [{**row, "cycle": cycle, "month": cycle, "documents": 1} for row in rows]
    return [
        granted.file("slab_assignments", cycle, tables.SLAB_ASSIGNMENTS, found),
        granted.file("monthly_sales", cycle, tables.MONTHLY_SALES, found),
        granted.file("cycle_sales", cycle, tables.CYCLE_SALES, found),
    ]


def award(partner: str, points: int, **more: Any) -> dict[str, Any]:
    return {
        "program": "rewards", "cycle": CYCLE, "partner_id": partner, "points": points,
        "allocation_key": f"{CYCLE}/transaction/r1/flat/-/-/1/dms/D1/invoice/{partner}/2024",
        "event": "transaction", "event_date": date(2024, 5, 2), **more,
    }  # fmt: skip


def entry(partner: str, points: int, kind: str, key: str, reason: str = "award") -> dict[str, Any]:
    accounts = {
        "award": ("issued", "current"), "promise": ("issued", "promised"),
        "release": ("promised", "current"), "reversal": ("current", "issued"),
        "campaign": ("issued", "current"), "forfeit": ("promised", "forfeited"),
        "redemption": ("current", "redeemed"),
    }[kind]  # fmt: skip
    return {
        "partner_id": partner, "points": points, "kind": kind, "from_account": accounts[0],
        "to_account": accounts[1], "event_date": date(2024, 5, 2),
        "allocation_key": f"{CYCLE}/{key}", "reason": reason,
    }  # fmt: skip


INVOICE = "transaction/r1/flat/-/-/1/dms/D1/invoice/A%2F1/2024"


def test_partners_with_points_and_without_sales_have_a_row_with_the_tier_they_hold(
    tmp_path: Path,
) -> None:
    granted = Granted.create(tmp_path)
    files = slabs(granted, sold("R1", 500, tier="Base"))
    files.append(granted.file("tier_holdings", CYCLE, tables.TIER_HOLDINGS, []))
    entries = [
        entry("R1", 7, "award", INVOICE),
        entry("R2", 5, "promise", "scan/r1/flat/-/-/1/dms/S1"),
        entry("R2", 5, "release", "scan/r1/flat/-/-/1/dms/S1"),
        entry("R3", 4, "campaign", "campaign/lift/2024-05-02/R3", "campaign lift"),
        entry("R4", 3, "award", "scan/r1/flat/-/-/1/dms/S2"),
        entry("R4", 3, "reversal", "scan/r1/flat/-/-/1/dms/S2", "sales changed"),
    ]
    granted.commit("posting", "2024-05-02", files, cycle=CYCLE, entries=entries, closed=False)
    granted.release("2024-05-03", [held("R2", "Gold", "2024-05-03", "2024-12-31", "action")])
    asked = (
        "select partner_id, net_sales, slab, tier, points, projected_points from partner_summary"
    )
    assert granted.world.ask(f"{asked} order by 1") == [
        ("R1", 500, None, "Base", 7, 0),
        ("R2", 0, None, "Gold", 5, 0),
        ("R3", 0, None, "Base", 4, 0),
    ]
    assert granted.world.ask(
        "select partners_with_points, net_sales, points from ({})".format(
            (Path("sql/finance/cost_per_cycle.sql")).read_text(encoding="utf-8")
        )
    ) == [(3, 500, 16)]


def test_an_open_cycle_is_ranked_by_posted_and_projected_points(tmp_path: Path) -> None:
    granted = Granted.create(tmp_path)
    files = slabs(granted, sold("R1", 90, tier="Base"), sold("R2", 80, tier="Base"))
    projected = [award("R2", 6), award("R3", 2)]
    files.append(granted.file("projected_allocations", CYCLE, tables.POINT_ALLOCATIONS, projected))
    entries = [entry("R1", 7, "award", INVOICE), entry("R2", 3, "award", INVOICE)]
    granted.commit("posting", "2024-05-02", files, cycle=CYCLE, entries=entries, closed=False)
    asked = "select rank, partner_id, points, is_provisional from leaderboard order by rank"
    assert granted.world.ask(asked) == [(1, "R2", 9, True), (2, "R1", 7, True), (3, "R3", 2, True)]
    # Closed, nothing is projected any more.
    entries = [entry("R2", 6, "award", f"{INVOICE}x"), entry("R3", 2, "award", f"{INVOICE}x")]
    retired = [("projected_allocations", CYCLE)]
    granted.commit(
        "posting", "2024-07-02", files[:-1], cycle=CYCLE, entries=entries, retires=retired
    )
    assert granted.world.ask(asked) == [
        (1, "R2", 9, False), (2, "R1", 7, False), (3, "R3", 2, False),
    ]  # fmt: skip


def aims(granted: Granted, cycle: str = CYCLE) -> dict[str, tuple[str | None, Decimal | None]]:
    rows = granted.world.ask(
        "select partner_id, next_tier, gap_to_next_tier from partner_summary where cycle = $cycle",
        cycle=cycle,
    )
    return {partner: (tier, gap) for partner, tier, gap in rows}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (RULES, ("Silver", Decimal(1000))),
        # What slabs of categories measure is no amount of sales.
        (RULES.replace("mode: whole", "mode: whole\n      categories: [oil]"), ("Silver", None)),
        (NET_SALES_TIERS.replace("FROM", "cycle_sales"), ("Silver", Decimal(1000))),
        (RULES.split("    tiers:")[0].replace(", tier: Silver", "").replace(", tier: Gold", ""),
         (None, None)),
    ],
)  # fmt: skip
def test_without_sales_the_next_tier_is_the_first_above_the_base(
    rules: str, expected: tuple[str | None, Decimal | None], tmp_path: Path
) -> None:
    granted = Granted.create(tmp_path, rules)
    files = slabs(granted, sold("R1", 500, tier="Base", next_tier="Gold", gap_to_next_tier=7))
    scanned = [entry("R4", 1, "award", INVOICE)]
    granted.commit("posting", "2024-05-02", files, cycle=CYCLE, entries=scanned, closed=False)
    # With sales it is told by the slab's row.
    assert aims(granted) == {"R1": ("Gold", 7), "R4": expected}


def test_tiers_that_no_band_gives_are_no_aims(tmp_path: Path) -> None:
    order = "order: [Base, Silver, Gold"
    assert order in RULES
    granted = Granted.create(tmp_path, RULES.replace(order, f"{order}, Platinum, Diamond"))
    scanned = [entry("R4", 1, "award", INVOICE)]
    granted.commit("posting", "2024-05-02", [], cycle=CYCLE, entries=scanned, closed=False)
    assert aims(granted) == {"R4": ("Silver", Decimal(1000))}


def test_the_next_tier_by_a_window_of_cycles(tmp_path: Path) -> None:
    granted = Granted.create(tmp_path, NET_SALES_TIERS.replace("FROM", "{window: 2}"))
    first = slabs(granted, sold("R1", 700, tier="Base"), sold("R2", 1900, tier="Silver"))
    granted.commit("posting", "2024-07-01", first, cycle="2024-04")
    scanned = [{**entry(p, 1, "award", INVOICE), "cycle": "2024-07"} for p in ("R1", "R2")]
    second = slabs(granted, sold("R3", 10, tier="Base"), cycle="2024-07")
    granted.commit("posting", "2024-07-02", second, cycle="2024-07", entries=scanned)
    found = aims(granted, "2024-07")
    assert (found["R1"], found["R2"]) == (("Silver", 300), ("Gold", 1100))
    later = [{**entry("R2", 1, "award", INVOICE), "cycle": "2024-10"}]
    granted.commit("posting", "2024-10-02", [], cycle="2024-10", entries=later)
    assert aims(granted, "2024-10")["R2"] == ("Silver", 1000)


def test_the_next_tier_by_points_earned_where_campaigns_do_not_count(tmp_path: Path) -> None:
    granted = Granted.create(tmp_path, NET_SALES_TIERS.replace("FROM", "points_earned"))
    projected = granted.file(
        "projected_allocations", CYCLE, tables.POINT_ALLOCATIONS, [award("R1", 100)]
    )
    entries = [
        entry("R1", 1400, "award", INVOICE),
        entry("R1", 300, "reversal", INVOICE, "sales changed"),
        entry("R1", 5000, "campaign", "campaign/lift/2024-05-02/R1", "campaign lift"),
        entry("R2", 3500, "promise", INVOICE),
        entry("R3", 9000, "promise", INVOICE),
    ]
    granted.commit("posting", "2024-05-02", [projected], cycle=CYCLE, entries=entries, closed=False)
    assert aims(granted) == {
        "R1": ("Gold", 1800), "R2": ("Platinum", 5500), "R3": (None, None),
    }  # fmt: skip


def test_awards_of_campaigns_are_shown_beside_those_of_events(tmp_path: Path) -> None:
    granted = Granted.create(tmp_path)
    posted = [award("R1", 7, source="dms", distributor_id="D1", document_type="invoice",
                    forgone_points=5, capped_by="c1, c2", forgone_by="c1=4, c2=1")]  # fmt: skip
    campaign = award("R2", 4, event="campaign", strategy="lift", rule="lift",
                     allocation_key=f"{CYCLE}/campaign/lift/2024-05-02/R2")  # fmt: skip
    file = granted.file("point_allocations", CYCLE, tables.POINT_ALLOCATIONS, posted)
    granted.commit("posting", "2024-05-02", [file], cycle=CYCLE, closed=False)
    file = granted.file("campaign_awards", "lift.2024-05-02".replace(".", "-"),
                        tables.CAMPAIGN_AWARDS, [campaign])  # fmt: skip
    granted.commit("campaign", "2024-05-03", [file])
    assert granted.world.ask(
        "select partner_id, event, points, source, distributor_id, document_type, forgone_by "
        "from point_allocations order by 1"
    ) == [
        ("R1", "transaction", 7, "dms", "D1", "invoice", "c1=4, c2=1"),
        ("R2", "campaign", 4, None, None, None, None),
    ]


STATEMENT = [
    ("award", INVOICE, "award", "Points for invoice A/1 (flat)"),
    ("award", INVOICE, "sales changed", "More points for invoice A/1 (flat): sales changed"),
    ("release", INVOICE, "promise accrued", "Promised points of invoice A/1 (flat) released"),
    ("reversal", INVOICE, "rules changed",
     "Points of invoice A/1 (flat) taken back: rules changed"),
    ("award", INVOICE.replace("/-/-/", "/double/2/"), "award",
     "Points for invoice A/1 (flat, double, line 2)"),
    ("award", INVOICE.replace("/invoice/", "/credit_note/"), "award",
     "Points for credit note A/1 (flat)"),
    ("award", "claim/r/f/-/-/1/dms/D1/claim/C1/2024", "award",
     "Points for claimed invoice C1 (f)"),
    ("award", "scan/r/f/-/-/1/dms/S1", "award", "Points for scan S1 (f)"),
    ("award", "registration/r/f/-/-/1/R1", "award", "Points for registration (f)"),
    ("award", "transaction/r/flat_points/-/cash/1/dms/D1/invoice/A2/2024", "award",
     "Points for invoice A2 (flat points, cash)"),
    ("award", "customer_update/r/f/-/-/1/R1/2024-05-02", "award",
     "Points for new details of 2024-05-02 (f)"),
    ("award", "cycle_close/r/f/-/-/1/R1", "award", "Points for cycle 2024-04 (f)"),
    ("award", "slabs", "cycle award", "Points for cycle 2024-04"),
    ("award", "slabs/2024-05", "cycle award", "Points for cycle 2024-04, 2024-05"),
    ("award", "slabs", "rules changed", "More points for cycle 2024-04: rules changed"),
    ("campaign", "campaign/lift/2024-05-02/R1", "campaign lift", "Campaign lift"),
    ("reversal", "campaign/lift/2024-05-02/R1", "campaign lift was withdrawn",
     "Points taken back: campaign lift was withdrawn"),
    ("release", f"{INVOICE}//OLD%2F1", "promise accrued",
     "Promised points of invoice A/1 (flat) released"),
    ("redemption", "campaign", "asked", "Redemption campaign"),
]  # fmt: skip


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> Granted:
    granted = Granted.create(tmp_path_factory.mktemp("stated"))
    entries = [entry("R1", 8, "promise", INVOICE), entry("R1", 5, "forfeit", INVOICE, "cancelled")]
    entries += [entry("R1", 1, kind, key, reason) for kind, key, reason, _ in STATEMENT]
    granted.commit("posting", "2024-05-02", [], cycle=CYCLE, entries=entries, closed=False)
    return granted


def test_a_statement_names_what_earned(stated: Granted) -> None:
    found = stated.world.ask("select description from account_statement order by seq")
    assert [text for (text,) in found] == [text for *_, text in STATEMENT]


def test_forfeits_and_campaigns_move_balances_and_the_rollforward(stated: Granted) -> None:
    kinds = [kind for kind, *_ in STATEMENT]
    current = len(kinds) - 2 * (kinds.count("reversal") + kinds.count("redemption"))
    promised = 8 - 5 - kinds.count("release")
    [balance] = stated.world.ask("select promised, current, total from partner_balances")
    assert balance == (promised, current, promised + current)
    assert stated.world.ask("select promised, current, total from balances_as_of(null, null)") == [
        balance
    ]
    rows = stated.world.ask(
        "select bucket, earned, expired, clawed_back, closing from liability_rollforward order by 1"
    )
    earned = kinds.count("award") + kinds.count("campaign")
    assert rows == [
        ("current", earned, 0, -kinds.count("reversal"), current),
        ("promised", 8, -5, 0, promised),
    ]
