"""Schedules and sensors: what they ask for, when, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import dagster as dg
import pytest

from loyalty_pipeline.program.clock import Clock
from tests.orchestration.shop import PROGRAM, Shop


def asked(shop: Shop, schedule: str, moment: datetime) -> list[str | None]:
    """The partitions that a schedule asks for at a moment; no run is an empty list."""
    repository = shop.defs.get_repository_def()
    context = dg.build_schedule_context(
        scheduled_execution_time=moment, repository_def=repository, instance=shop.instance
    )
    found = repository.get_schedule_def(schedule).evaluate_tick(context)
    return [request.partition_key for request in found.run_requests or []]


def in_india(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+05:30").astimezone(UTC)


def schedule(shop: Shop, name: str) -> dg.ScheduleDefinition:
    return cast(dg.ScheduleDefinition, shop.defs.get_repository_def().get_schedule_def(name))


def test_a_cycle_is_closed_on_the_day_after_it_ended(open_shop: Shop) -> None:
    close = schedule(open_shop, f"close_{PROGRAM}")
    assert (close.cron_schedule, close.execution_timezone) == ("0 6 1 1,4,7,10 *", "Asia/Kolkata")
    assert asked(open_shop, f"close_{PROGRAM}", in_india("2024-07-01T06:00")) == ["2024-04"]
    assert asked(open_shop, f"close_{PROGRAM}", in_india("2025-04-01T06:00")) == ["2025-01"]
    assert asked(open_shop, f"close_{PROGRAM}", in_india("2024-04-01T06:00")) == []


def test_releases_are_asked_for_every_morning_for_the_open_cycle(open_shop: Shop) -> None:
    daily = schedule(open_shop, f"releases_{PROGRAM}_daily")
    assert (daily.cron_schedule, daily.execution_timezone) == ("0 5 * * *", "Asia/Kolkata")
    # Five in the morning in India is still the day before in UTC.
    assert asked(open_shop, f"releases_{PROGRAM}_daily", in_india("2024-07-01T05:00")) == [
        "2024-07"
    ]


def test_the_morning_releases_what_is_due_in_older_cycles(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.today = "2024-07-02"
    open_shop.drop()
    open_shop.cycle("2024-04")
    assert open_shop.shown("releases", "2024-04")["points"] == 0.0
    open_shop.today = "2024-07-08"
    open_shop.run(f"releases_{PROGRAM}", partition_key="2024-07")
    assert open_shop.shown("releases", "2024-04")["points"] == 1400.0
    assert open_shop.stale() == {}


def test_the_morning_of_a_new_instance_finds_nothing_to_do(open_shop: Shop) -> None:
    open_shop.run(f"releases_{PROGRAM}", partition_key="2024-07")
    assert open_shop.shown("liability", "2024-07")["state"] == "nothing is published yet"


def test_the_drop_is_looked_at_every_hour(open_shop: Shop) -> None:
    assert schedule(open_shop, "drop_dms_hourly").cron_schedule == "15 * * * *"
    assert asked(open_shop, "drop_dms_hourly", in_india("2024-07-01T05:15")) == [None]


def test_everything_that_starts_runs_is_off_until_somebody_turns_it_on(open_shop: Shop) -> None:
    repository = open_shop.defs.get_repository_def()
    schedules = {one.default_status for one in repository.schedule_defs}
    assert schedules == {dg.DefaultScheduleStatus.STOPPED}
    running = [s.name for s in repository.sensor_defs if s.default_status.value == "RUNNING"]
    assert running == ["journals"]


def keys(found: object) -> list[str | None]:
    return [request.run_key for request in cast(dg.SensorResult, found).run_requests or []]


def test_the_drop_sensor_asks_once_for_a_listing_and_fetches_nothing(open_shop: Shop) -> None:
    assert "no complete file" in str(open_shop.tick("new_files_dms").skip_message)
    open_shop.deliver_sales("sales_2024-04.csv", "A1 2024-04-10 P1 2000")
    size = (open_shop.folder / "sales_2024-04.csv").stat().st_size
    (first,) = keys(open_shop.tick("new_files_dms"))
    assert first is not None
    assert first.startswith(f"/drop/sales_2024-04.csv:{size}:1719795600")
    assert keys(open_shop.tick("new_files_dms")) == []
    open_shop.deliver_sales("sales_2024-04.csv", "A1 2024-04-10 P1 2001")
    (second,) = keys(open_shop.tick("new_files_dms"))
    assert second != first
    assert not open_shop.home.landing("dms").exists()


def test_a_file_without_its_control_file_asks_for_nothing(open_shop: Shop) -> None:
    (open_shop.folder / "sales_2024-04.csv").write_text("half of it")
    (open_shop.folder / "notes.txt").write_text("nothing of ours")
    assert keys(open_shop.tick("new_files_dms")) == []


def test_a_marker_asks_for_its_file_and_a_renamed_file_for_itself(open_shop: Shop) -> None:
    open_shop.write_rules(complete="{by: marker}")
    (open_shop.folder / "sales_2024-04.csv").write_text("document_no\n")
    assert keys(open_shop.tick("new_files_dms")) == []
    (open_shop.folder / "sales_2024-04.csv.done").touch()
    (first,) = keys(open_shop.tick("new_files_dms"))
    assert keys(open_shop.tick("new_files_dms")) == []
    open_shop.write_rules(complete="{by: rename}")
    (open_shop.folder / "sales_2024-05.csv.filepart").write_text("document_no\n")
    (second,) = keys(open_shop.tick("new_files_dms"))  # the marker is not looked at any more
    assert keys(open_shop.tick("new_files_dms")) == []
    (open_shop.folder / "sales_2024-05.csv.filepart").rename(open_shop.folder / "sales_2024-05.csv")
    (third,) = keys(open_shop.tick("new_files_dms"))
    assert len({first, second, third}) == 3


@pytest.mark.parametrize("complete", ["{by: settle_time, seconds: 300}", "{by: rename}"])
def test_files_are_asked_for_again_until_they_have_landed(
    open_shop: Shop, monkeypatch: pytest.MonkeyPatch, complete: str
) -> None:
    # They were asked for twice where they have to settle, and else once: had the first of two runs
    # failed, or waited longer in the queue than the second, they never landed.
    start = Clock.system("UTC").now

    def after(seconds: int) -> list[str | None]:
        now = start + timedelta(seconds=seconds)
        monkeypatch.setattr(Clock, "system", lambda zone: Clock(now.date(), now))
        return keys(open_shop.tick("new_files_dms"))

    open_shop.write_rules(complete=complete)
    (open_shop.folder / "sales_2024-04.csv").write_text("document_no\n")
    (first,) = after(0)
    assert after(299) == []
    assert after(301) == [f"{first} again 1"]
    assert after(301 + 599) == []
    assert after(302 + 600) == [f"{first} again 2"]
    assert after(100_000) == [f"{first} again 3"]
    assert after(100_000 + 2_399) == []
    assert after(200_000) == [f"{first} again 4"]
    assert after(200_000 + 3_601) == [f"{first} again 5"]


def test_files_that_have_landed_are_not_asked_for_again(
    open_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_shop.deliver_sales("sales_2024-04.csv", "A1 2024-04-10 P1 2000")
    assert len(keys(open_shop.tick("new_files_dms"))) == 1
    open_shop.drop()
    for days in (1, 2):
        later = Clock.system("UTC").now + timedelta(days=days)
        monkeypatch.setattr(Clock, "system", lambda zone, now=later: Clock(now.date(), now))
        assert keys(open_shop.tick("new_files_dms")) == []


def test_cycles_that_changed_or_ended_are_asked_for_and_those_of_new_rules_are_not(
    open_shop: Shop,
) -> None:
    open_shop.deliver_three_quarters()
    open_shop.today = "2024-12-01"
    open_shop.drop()
    assert partitions(open_shop) == ["2024-04", "2024-07", "2024-10"]
    for name in ("2024-04", "2024-07", "2024-10"):
        open_shop.cycle(name)
    assert partitions(open_shop) == []
    open_shop.today = "2025-01-01"
    assert partitions(open_shop) == ["2024-10"]
    open_shop.cycle("2024-10")
    open_shop.write_rules("12%")
    assert partitions(open_shop) == []
    open_shop.deliver_sales("sales_2024-08_2.csv", "B9 2024-08-30 P2 100")
    open_shop.drop()
    assert partitions(open_shop) == ["2024-07"]


def partitions(shop: Shop) -> list[str | None]:
    return [request.partition_key for request in shop.tick().run_requests or []]


def test_sales_that_go_back_to_what_they_were_are_asked_for_under_another_key(
    open_shop: Shop,
) -> None:
    """Dagster never starts a run for a key twice; the way back must not look like the way there."""
    seen = []
    for number, amount in enumerate(("2000", "3000", "2000"), start=1):
        # Another sale besides: the same bytes again would have no effect at all.
        open_shop.deliver_sales(
            f"sales_2024-04_{number}.csv",
            f"A1 2024-04-10 P1 {amount}",
            f"Z{number} 2024-08-10 P2 1",
        )
        open_shop.drop()
        seen += [key for key in keys(open_shop.tick()) if str(key).startswith("2024-04")]
        open_shop.cycle("2024-04")
    assert len(seen) == len(set(seen)) == 3
