"""What a remote name says, and what a control file says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from loyalty_pipeline.ingest.access import access_of
from loyalty_pipeline.ingest.arrival import Control
from loyalty_pipeline.ingest.controls import ControlFileError, parse_control
from loyalty_pipeline.ingest.naming import NamedFile, fault_of, read_name, shown
from loyalty_pipeline.program.base import MissingSettingError
from loyalty_pipeline.program.sources import Source

MTIME = 1_714_521_599  # 2024-04-30 23:59:59 UTC


def source(**changes: object) -> Source:
    return Source.model_validate(
        {
            "id": "dms",
            "host": "dms.example.com",
            "user": "loyalty",
            "password": {"env": "TEST_SECRET"},
            "known_hosts": "/etc/known_hosts",
            "feeds": {
                "sales": {"pattern": r"s_(?P<period>[\d-]+)(_(?P<sequence>\w+))?\.csv"},
                "partners": {"pattern": r"p_(?P<date>[\w-]+)\.csv"},
                "redemptions": {"pattern": r"[rs]_x\.csv"},
                "distributors": {"pattern": r"d.csv|r_x.csv"},
            },
            **changes,
        }
    )


def named(name: str) -> NamedFile:
    found = read_name(name, MTIME, source())
    assert isinstance(found, NamedFile), found
    return found


def test_the_file_date_is_the_date_the_periods_last_day_or_the_day_of_the_remote_time() -> None:
    assert named("p_2024-03-09.csv").file_date == date(2024, 3, 9)
    assert named("s_2024-02.csv").file_date == date(2024, 2, 29)
    assert named("d.csv").file_date == date(2024, 4, 30)


def test_later_is_decided_by_sequence_then_period_then_remote_time_then_name() -> None:
    in_order = ["s_2024-04.csv", "s_2024-05.csv", "s_2024-04_2.csv", "s_2024-03_10.csv"]
    assert sorted({*in_order}, key=lambda name: named(name).order) == in_order
    older = read_name("d.csv", MTIME - 1, source())
    assert isinstance(older, NamedFile)
    assert older.order < named("d.csv").order


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x_2024-04.csv", "matches the pattern of no feed"),
        ("s_2024-04.csv.gz", "matches the pattern of no feed"),
        ("xs_2024-04.csv", "matches the pattern of no feed"),
        ("s_2024-13.csv", "'2024-13' in its name is not a month"),
        ("s_202404.csv", "'202404' in its name is not a month"),
        ("s_2024-04_b.csv", "sequence 'b' in its name is not digits"),
        ("p_2024-02-30.csv", "'2024-02-30' in its name is not a day"),
        ("p_20240229.csv", "'20240229' in its name is not a day"),
        ("r_x.csv", "several feeds: distributors, redemptions"),
    ],
)
def test_a_name_that_says_nothing_certain_is_none_of_the_sources_files(
    name: str, reason: str
) -> None:
    found = read_name(name, MTIME, source())
    assert isinstance(found, str)
    assert reason in found


def test_only_plain_short_composed_names_are_accepted() -> None:
    assert fault_of(b"sales 2024-04 (2).csv") is None
    assert fault_of("verkäufe.csv".encode()) is None
    for hostile in (b"", b".", b"..", b"../x", b"/etc/passwd", b"a\x00b", b"a\x1b[2J", b"a\x7f",
                    b"a" * 129, b"\xff", "a\u202eb".encode(), "a\u200db".encode()):  # fmt: skip
        assert fault_of(hostile) is not None, hostile
        assert shown(hostile).isprintable()


def test_a_control_file_gives_any_of_its_totals_in_any_order() -> None:
    digest = "AB" * 32
    assert parse_control("f", "") == Control(None, None, None)
    assert parse_control("f", "\r\nrows = 3\r\n") == Control(3, None, None)
    assert parse_control("f", f"sha256={digest}\namount=-0.5\nrows=0") == Control(
        0, Decimal("-0.5"), digest.lower()
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rows=3\nrows=3", "f, line 2: rows is given twice"),
        ("row=3", "f, line 1: 'row=3' is no total"),
        ("rows=-3", "rows='-3' is not a whole number"),
        ("rows=\u0663", "is not a whole number"),
        ("amount=1,000.00", "amount='1,000.00' is not a plain number"),
        ("amount=1e3", "amount='1e3' is not a plain number"),
        ("amount=NaN", "is not a plain number"),
        ("\n\nsha256=12", "f, line 3: sha256='12' is not 64 hexadecimal digits"),
        ("{}", "'{}' is no total"),
    ],
)
def test_a_control_file_that_is_not_understood_names_file_line_and_expectation(
    text: str, message: str
) -> None:
    with pytest.raises(ControlFileError) as refusal:
        parse_control("f", text)
    assert message in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_settings_are_resolved_when_needed_and_secrets_are_never_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(MissingSettingError, match=r"password of source dms .* TEST_SECRET"):
        access_of(source())
    monkeypatch.setenv("TEST_SECRET", "canary-2718")
    access = access_of(source())
    assert "canary" not in repr(access)
    told = access.told(OSError("no \x1b[31mcanary-2718\n" + "x" * 500))
    assert told.startswith("no  [31m*** xxx")
    assert len(told) == 200
    assert "ssh-keyscan -p 22 dms.example.com" in access.remedy
    with pytest.raises(Exception, match="give a number from 1 to 65535"):
        access_of(source(port="ssh"))
