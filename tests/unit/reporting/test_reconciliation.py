"""What the published tables say adds up, and to the same figures wherever it is said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.reporting.world import PARTNERS, RULES, SALES, World, invoice, returned


def test_counted_documents_add_up_to_cycle_and_monthly_sales(told: World) -> None:
    differing = told.ask(
        """
        with counted as (
            select program, cycle, partner_id, sum(net_amount) as net_sales
            from billing_transactions where status = 'counted' group by all
        ), monthly as (
            select program, m.partner_id, c.cycle, sum(net_sales) as net_sales
            from monthly_sales m join work.cycle_months c using (program, month) group by all
        )
        select program, cycle, partner_id
        from cycle_sales
        left join counted using (program, cycle, partner_id)
        left join monthly using (program, cycle, partner_id)
        where cycle_sales.net_sales is distinct from counted.net_sales
            or cycle_sales.net_sales is distinct from monthly.net_sales
        """
    )
    assert differing == []
    assert told.ask("select count(*) from cycle_sales") == [(10,)]


def test_every_document_has_the_status_its_history_gives_it(told: World) -> None:
    found = dict(
        told.ask(
            "select document_no || ' ' || amount, status from billing_transactions "
            "where document_no in ('I1', 'I3', 'I5', 'R0', 'J2')"
        )
    )
    assert found == {
        "I1 1200.00": "counted",
        "I1 1500.00": "superseded",
        "I3 400.00": "before_enrolment",
        "I5 2000.00": "counted",  # its partner came three months later
        "R0 -10.00": "parked",
        "J2 -5000.00": "counted",
    }


def test_the_roll_forward_closes_and_runs_on_from_month_to_month(told: World) -> None:
    rows = told.ask("from liability_rollforward order by program, bucket, period")
    closings: dict[str, Decimal] = {}
    for _, _, bucket, opening, *movements, closing in rows:
        assert opening == closings.get(bucket, Decimal(0))
        assert closing == opening + sum(movements)
        closings[bucket] = closing
    [(promised, current)] = told.ask("select sum(promised), sum(current) from partner_balances")
    assert closings == {"promised": promised, "current": current}


def test_liability_and_receivable_are_never_netted(told: World) -> None:
    assert told.ask(
        "select sum(promised), sum(current), sum(receivable) from liability_as_of(null, null)"
    ) == told.ask(
        "select sum(promised), sum(greatest(current, 0)), sum(greatest(-current, 0))"
        " from partner_balances"
    )
    [(current, receivable)] = told.ask(
        "select sum(current), sum(receivable) from liability_as_of(null, null)"
    )
    assert receivable > 0
    assert current > 0


def test_every_day_of_the_daily_liability_is_what_the_as_of_question_says(told: World) -> None:
    days = [day for (day,) in told.ask("select distinct date from liability_daily order by 1")]
    assert len(days) > 6
    for day in days:
        daily = told.ask(
            "select tier, promised, current, receivable, value, receivable_value"
            " from liability_daily where date = $day"
            " and (promised <> 0 or current <> 0 or receivable <> 0) order by 1",
            day=day,
        )
        asked = told.ask(
            "select tier, promised, current, receivable, value, receivable_value"
            " from liability_as_of($day, null)"
            " where promised <> 0 or current <> 0 or receivable <> 0 order by 1",
            day=day,
        )
        assert daily == asked, day


def test_value_is_points_times_the_point_value_rounded_once_a_row(told: World) -> None:
    for _, date_, _, promised, current, receivable, value, owed in told.ask("from liability_daily"):
        assert value == ((promised + current) * Decimal("0.25")).quantize(Decimal("0.01")), date_
        assert owed == (receivable * Decimal("0.25")).quantize(Decimal("0.01"))


def test_balances_and_statements_say_the_same(told: World) -> None:
    last = told.ask(
        "select partner_id, max_by(balance, (entry_date, seq)) from account_statement"
        " group by 1 order by 1"
    )
    assert last == told.ask("select partner_id, current from partner_balances order by 1")
    assert told.ask("from partner_balances order by 2") == told.ask(
        "from balances_as_of(null, null) order by 2"
    )


def test_balances_can_be_asked_as_of_a_date_and_as_known_then(told: World) -> None:
    def p3(as_of: str, known_at: str) -> list[tuple[object, ...]]:
        return told.ask(
            "select promised, current from balances_as_of($as_of, $known_at)"
            " where partner_id = 'P3'",
            as_of=as_of,
            known_at=known_at,
        )

    assert p3("2024-07-08", "2024-07-07") == [(Decimal("1500"), Decimal("0"))]
    assert p3("2024-07-08", "2024-07-08") == [(Decimal("0"), Decimal("1500"))]
    assert p3("2024-07-10", "2024-07-19") == [(Decimal("0"), Decimal("1500"))]
    assert p3("2024-07-10", "2024-07-20 00:00:00") == [(Decimal("0"), Decimal("300"))]
    assert p3("2024-08-04", "2024-12-31") == [(Decimal("0"), Decimal("300"))]
    assert p3("2024-08-05", "2024-12-31") == [(Decimal("0"), Decimal("-800"))]


def test_posted_points_equal_the_allocations_of_ended_cycles(told: World) -> None:
    differing = told.ask(
        """
        with allocated as (
            select program, cycle, partner_id, sum(points) as points
            from point_allocations group by all
        )
        select * from partner_summary
        left join allocated using (program, cycle, partner_id)
        where cycle_state = 'closed' and partner_summary.points <> coalesce(allocated.points, 0)
        """
    )
    assert differing == []


def test_every_file_accounts_for_all_its_rows(told: World) -> None:
    rows = told.ask(
        "select remote_name, status, rows_in, rows_staged, rows_quarantined, rows_superseded"
        " from landed_files"
    )
    assert all(entering == sum(leaving) for _, _, entering, *leaving in rows)
    by_name = {str(name): rest for name, *rest in rows if name != "sales_2024-04.csv"}
    assert by_name["sales_broken.csv"] == ["refused", 1, 0, 1, 0]
    assert by_name["sales_2024-06.csv"] == ["counted", 3, 3, 0, 0]
    [amended] = [rest for name, *rest in rows if name == "sales_2024-04.csv" and rest[1] == 7]
    assert amended == ["counted", 7, 5, 1, 1]


def test_quarantine_names_file_line_and_every_reason(told: World) -> None:
    found = told.ask(
        "select remote_name, line_no, feed, reasons, raw, status from quarantine order by 1"
    )
    [redemption, row, file] = found
    assert redemption == (
        "redemptions_2024-07.csv", 3, "redemptions", "exceeds_balance", "X2,P1,2024-07-12,100000,",
        "open",
    )  # fmt: skip
    assert row[1:3] == (8, "sales")
    assert str(row[4]).startswith("I6,invoice,,2024-04-31")
    assert row[5] == "redelivered"
    assert file[:3] == ("sales_broken.csv", None, "sales")
    [(detail,)] = told.ask("select detail from quarantine where feed = 'redemptions'")
    assert "asked for 100000 points, the balance was 150" in detail


def test_a_tier_is_in_force_after_its_cycle_and_the_history_of_knowing_it_is_kept(
    told: World,
) -> None:
    def tier(day: date, known_at: str) -> list[tuple[object, ...]]:
        return told.ask(
            "select tier from tier_history where partner_id = 'P3' and valid_from <= $day"
            " and coalesce(valid_to, date '9999-12-31') > $day"
            " and known_from <= $known and coalesce(known_to, timestamp '9999-12-31') > $known",
            day=day,
            known=known_at,
        )

    assert tier(date(2024, 6, 30), "2024-07-02 12:00:00") == [("Base",)]
    assert tier(date(2024, 7, 1), "2024-07-02 12:00:00") == [("Gold",)]
    assert tier(date(2024, 7, 1), "2024-08-06 00:00:00") == [("Silver",)]  # the return came
    assert tier(date(2024, 10, 1), "2024-10-02 00:00:00") == [("Base",)]
    current = told.ask(
        "select tier, valid_from, valid_to from tier_history"
        " where partner_id = 'P9' and known_to is null order by 2"
    )
    assert current == [
        ("Base", date(2024, 4, 1), date(2024, 7, 1)),
        ("Silver", date(2024, 7, 1), date(2025, 1, 1)),  # earned again: one row
        ("Base", date(2025, 1, 1), None),
    ]


def test_tiers_known_at_one_moment_never_overlap_and_leave_no_gap(told: World) -> None:
    for (moment,) in told.ask("select distinct known_from from tier_history"):
        rows = told.ask(
            "select partner_id, valid_from, valid_to,"
            " lead(valid_from) over (partition by partner_id order by valid_from)"
            " from tier_history where known_from <= $moment"
            " and coalesce(known_to, timestamp '9999-12-31') > $moment",
            moment=moment,
        )
        assert rows
        assert all(end == following for _, _, end, following in rows)


def test_the_leaderboard_ranks_by_points_and_then_sales(told: World) -> None:
    rows = told.ask(
        "select rank, partner_id from leaderboard where cycle = '2024-04' and tier = 'Silver'"
        " order by rank"
    )
    assert rows == [(1, "P3"), (2, "P2"), (3, "P9"), (4, "P1"), (5, "P4")]


def test_published_rules_are_listed_with_the_hash_allocations_carry(told: World) -> None:
    rows = told.ask(
        "select rules_version, replaced_at is null, rules_hash from rule_versions"
        " order by published_at"
    )
    assert [row[:2] for row in rows] == [("2024-04-01", False), ("2024-04-01", True)]
    carried = told.ask("select distinct rules_hash from point_allocations")
    assert carried == [(rows[1][2],)]


@pytest.mark.parametrize("table", ["lots", "lot_uses"])
def test_tables_of_later_parts_are_there_and_empty(told: World, table: str) -> None:
    assert told.ask(f"from {table}") == []


def test_a_tier_is_kept_for_as_many_cycles_as_the_rules_say(tmp_path: Path) -> None:
    world = World.create(tmp_path, RULES.replace("from: slab}", "from: slab, kept: 2}"))
    partners = ("partners_1.csv", PARTNERS, ("P1,Asha,2024-04-01,active",))
    first = ("sales_1.csv", SALES, (invoice("A1", "2024-04-10", "P1", "6000.00"),))
    second = ("sales_2.csv", SALES, (invoice("A2", "2024-07-10", "P1", "2000.00"),))
    third = ("sales_3.csv", SALES, (invoice("A3", "2024-10-10", "P1", "1.00"),))
    world.day("2024-07-01", [partners, first])
    world.day("2024-10-01", [second])
    world.day("2025-01-01", [third])
    rows = world.ask(
        "select tier, valid_from, valid_to, reason from tier_history where known_to is null"
        " order by valid_from"
    )
    assert rows == [
        ("Base", date(2024, 4, 1), date(2024, 7, 1), "base tier from enrolment"),
        ("Gold", date(2024, 7, 1), date(2025, 1, 1), "earned by cycle 2024-04 in slab s2"),
        ("Silver", date(2025, 1, 1), None, "earned by cycle 2024-07 in slab s1"),
    ]


def test_without_a_partners_feed_the_base_tier_is_held_from_the_first_document(
    tmp_path: Path,
) -> None:
    feed = "      partners: {pattern: 'partners.*'}\n"
    world = World.create(tmp_path, RULES.replace(feed, ""))
    lines = (
        invoice("A1", "2024-05-10", "P1", "10.00"),
        invoice("A2", "2024-04-20", "P1", "10.00"),
    )
    world.day("2024-06-01", [("sales_1.csv", SALES, lines)])
    query = "select tier, valid_from, reason from tier_history where known_to is null"
    assert world.ask(query) == [("Base", date(2024, 4, 20), "base tier from the first document")]
    world.day("2024-06-02", [("sales_2.csv", SALES, (invoice("A3", "2024-04-05", "P1", "1.00"),))])
    assert world.ask(query) == [("Base", date(2024, 4, 5), "base tier from the first document")]


def test_returns_count_in_their_own_cycle_where_the_rules_say_so(tmp_path: Path) -> None:
    rules = RULES.replace("    rounding:", "    restate: own_cycle\n    rounding:")
    world = World.create(tmp_path, rules)
    partners = ("partners_1.csv", PARTNERS, ("P1,Asha,2024-04-01,active",))
    lines = (
        invoice("A1", "2024-04-10", "P1", "6000.00"),
        returned("A2", "2024-07-10", "P1", "500.00", "A1"),
    )
    world.day("2024-10-01", [partners, ("sales_1.csv", SALES, lines)])
    assert world.ask("select cycle, net_sales from cycle_sales order by 1") == world.ask(
        "select cycle, sum(net_amount) from billing_transactions where status = 'counted'"
        " group by 1 order by 1"
    )
    assert world.ask("select net_sales from cycle_sales where cycle = '2024-07'") == [
        (Decimal("-500.00"),)
    ]


def test_the_open_cycle_is_projected_and_not_posted(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    partners = ("partners_1.csv", PARTNERS, ("P1,Asha,2024-04-01,active",))
    sales = ("sales_1.csv", SALES, (invoice("A1", "2024-04-10", "P1", "1500.00"),))
    world.day("2024-05-01", [partners, sales])
    summary = (
        "select points, projected_points, next_slab, gap_to_next_slab, points_at_next_slab,"
        " cycle_state from partner_summary"
    )
    assert world.ask(summary) == [(0, 150, "s2", Decimal("3500.00"), 1000, "open")]
    assert world.ask("select points, is_provisional from leaderboard") == [(150, True)]
    assert world.ask("select count(*) from point_allocations") == [(0,)]
    world.day("2024-07-01")
    assert world.ask(summary)[0][:2] == (150, 0)
    assert world.ask("select points, is_provisional from leaderboard") == [(150, False)]
    assert world.ask("select count(*) from projected_allocations") == [(0,)]


def test_a_changed_point_value_counts_from_its_day_on(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    partners = ("partners_1.csv", PARTNERS, ("P1,Asha,2024-04-01,active",))
    sales = ("sales_1.csv", SALES, (invoice("A1", "2024-04-10", "P1", "1500.00"),))
    world.day("2024-07-01", [partners, sales])
    world.day("2024-07-08")
    world.rules(RULES.replace("point_value: 0.25", "point_value: 0.50"))
    world.day("2024-07-08")  # the day is published already, at the value it had
    values = world.ask("select date, sum(value) from liability_daily group by 1 order by 1")
    assert values == [
        (date(2024, 6, 30), Decimal("37.50")),
        (date(2024, 7, 1), Decimal("37.50")),
        (date(2024, 7, 8), Decimal("75.00")),
    ]


def test_documents_of_a_partner_while_inactive_are_shown_and_do_not_count(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    first = ("partners_1.csv", PARTNERS, ("P1,Asha,2024-04-01,active",))
    second = ("partners_2.csv", PARTNERS, ("P1,Asha,2024-04-01,inactive",))
    # Not the bytes of the first file, which would change nothing.
    third = ("partners_3.csv", PARTNERS, ("P1,Asha B,2024-04-01,active",))
    lines = tuple(
        invoice(number, day, "P1", "1000.00")
        for number, day in (("A1", "2024-05-09"), ("A2", "2024-05-10"), ("A3", "2024-05-20"))
    )
    world.day("2024-05-01", [first])
    world.day("2024-05-10", [second])
    world.day("2024-05-20", [third, ("sales_1.csv", SALES, lines)])
    assert world.ask("select document_no, status from billing_transactions order by 1") == [
        ("A1", "counted"),
        ("A2", "inactive"),
        ("A3", "counted"),
    ]
    assert world.ask("select net_sales from cycle_sales") == [(Decimal("2000.00"),)]


def test_every_file_goes_from_declared_to_counted_in_rows_and_money(told: World) -> None:
    rows = told.ask(
        "select remote_name, agrees, rows_in = rows_staged + rows_quarantined + rows_superseded,"
        " rows_staged = rows_counted + rows_waiting,"
        " amount_in = amount_staged + amount_quarantined + amount_superseded"
        " from reconciliation where status in ('counted', 'superseded') and feed = 'sales'"
    )
    assert len(rows) > 3
    assert [row for row in rows if not all(row[1:])] == []
    by_file = told.ask("select sum(amount_counted) from reconciliation where feed = 'sales'")
    by_month = told.ask("select sum(amount_counted) from reconciliation_by_period")
    counted = told.ask("select sum(amount) from billing_transactions where status = 'counted'")
    assert by_file == by_month == counted


def test_every_month_of_documents_stands_somewhere(told: World) -> None:
    assert told.ask("select distinct agrees from reconciliation_by_period") == [(True,)]
    assert told.ask(
        "select period, net_counted from reconciliation_by_period order by period"
    ) == told.ask(
        "select p.period, coalesce(sum(m.net_sales), 0) from reconciliation_by_period p"
        " left join monthly_sales m on m.month = p.period group by 1 order by 1"
    )
