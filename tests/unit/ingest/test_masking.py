from __future__ import annotations

import pytest
from feed_files import a_source

from loyalty_pipeline.ingest.dialect import Dialect
from loyalty_pipeline.ingest.layout import read_header
from loyalty_pipeline.ingest.masking import masked

HEADER = "partner_id,name,email,mobile,status"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("P1,Asha,a@example.com,+91 1,active", "P1,***,***,***,active"),
        ('P1,"Shah, Asha","a""b",,Active', "P1,***,***,,Active"),
        ('"P1",Asha,"",,', '"P1",***,"",,'),
        ("P1,Asha\r", "***"),
        ("P1,Asha,a@example.com,+91 1,active,", "***"),
        ('P1,As"ha,a@example.com,+91 1,active', "***"),
        ('P1,"Asha,a@example.com,+91 1,active', "***"),
        ("", "***"),
    ],
)
def test_personal_values_are_masked_and_doubtful_lines_whole(raw: str, shown: str) -> None:
    assert masked(raw, HEADER, a_source("partners"), "partners") == shown


def test_columns_are_found_by_the_name_that_the_source_gives_them() -> None:
    source = a_source(
        "partners",
        columns={"name": "Kunde", "birthday": "Geb"},
        said={"custom": {"birthday": "text"}, "personal": ["name", "birthday"], "ignored": ["x"]},
        delimiter=";",
    )
    header = "\ufeffGeb;partner_id;Kunde;email;x\r\n"
    assert masked("1.1.;P1;Asha;a@b;", header, source, "partners") == "***;P1;***;a@b;"


def test_a_feed_without_personal_columns_is_shown_as_it_is() -> None:
    raw = 'D1,"broken'
    assert masked(raw, "whatever", a_source(), "sales") == raw
    assert masked(raw, HEADER, a_source("partners", said={"personal": []}), "partners") == raw


def test_what_a_header_does_not_tell_apart_is_masked_whole() -> None:
    assert masked("P1,Asha", "partner_id,nmae", a_source("partners"), "partners") == "***"


def test_a_file_without_a_header_is_refused_without_its_first_row_being_told() -> None:
    row = "P1,Asha Shah,2024-01-01,active,asha@example.com,+9198,active"
    layout, [reason] = read_header(row, Dialect.of(a_source("partners"), "partners"))
    assert layout is None
    assert "none of its 7 columns is known, expected partner_id, name" in reason
    assert "Asha" not in reason
    assert "asha@" not in reason
