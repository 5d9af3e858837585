"""What the keys of a source mean together: each mistake with line, place and way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from loyalty_pipeline.program.loader import ProgramFileError, load_program
from loyalty_pipeline.program.sources import Source

SOURCE = """\
sources:
  - id: dms
    host: h
    user: u
    key_file: key
    known_hosts: k
"""
Found = list[tuple[int, str, str]]


@pytest.fixture
def source_of(tmp_path: Path, text: str) -> Callable[[str], Source]:
    """The source of a program file that says so much more about it."""

    def load(more: str) -> Source:
        path = tmp_path / "p.yaml"
        path.write_text(text + SOURCE + more, encoding="utf-8")
        (source,) = load_program(path).sources
        return source

    return load


@pytest.fixture
def found_in(source_of: Callable[[str], Source], text: str) -> Callable[[str], Found]:
    """Line (that of `sources:` is 1), place within the source and message of each mistake."""

    def errors(more: str) -> Found:
        with pytest.raises(ProgramFileError) as caught:
            source_of(more)
        return [
            (
                error.line - len(text.splitlines()),
                error.field.removeprefix("sources[dms]."),
                error.message,
            )
            for error in caught.value.errors
        ]

    return errors


def test_everything_a_source_may_say_is_read(source_of: Callable[[str], Source]) -> None:
    source = source_of(
        """\
    delimiter: ";"
    decimal_mark: ","
    grouping: "."
    complete: {by: rename}
    delivers: full_period
    supersede: approve
    rejects_to: /rejected
    feeds:
      sales:
        pattern: 'sales_(?P<distributor>D\\d+)_(?P<period>\\d{4}-\\d{2})_(?P<sequence>\\d+)\\.csv'
        columns: {document_no: Belegnummer, region: Region}
        constants: {distributor_id: D1}
        values: {document_type: {RE: invoice, GU: credit_note}, region: {N: north}}
        custom: {region: text, cartons: whole_number}
        ignored: [printed_by]
        personal: [sku]
        gapless_from: 1
        expected: {per: distributor_and_month, first_period: 2025-04, days_after: 3}
        if_missing: proceed
      partners: {pattern: 'partners\\.csv', delimiter: "|", encoding: cp1252}
"""
    )
    sales, partners = source.format_of("sales"), source.format_of("partners")
    assert (sales.delimiter, sales.encoding, sales.grouping) == (";", "utf-8", ".")
    assert (partners.delimiter, partners.encoding, partners.grouping) == ("|", "cp1252", ".")
    assert source.personal_columns("sales") == ("sku",)
    assert source.personal_columns("partners") == ("name", "email", "mobile")
    assert source.personal_columns("scans") == ()


@pytest.mark.parametrize(
    ("more", "line", "field", "words"),
    [
        ("decimal_mark: ','\n    grouping: ','", 8, "grouping", "cannot have the same mark"),
        ("grouping: '.'", 7, "grouping", "cannot have the same mark"),
        ("openpgp: {home: /g, passphrase: {env: X, default: y}}", 7,
         "openpgp.passphrase.default", "a secret has no default"),
        ("key_passphrase: {env: X, default: y}", 7, "key_passphrase.default", "set the variable"),
        ("delimiter: ab", 7, "delimiter", "is no single character"),
        ("encoding: rot13", 7, "encoding", "is no known encoding"),
        ("date_format: '%d/%m/%Y %H'", 7, "date_format", "without guessing"),
        ("date_format: '%Y-%m-%d %Y'", 7, "date_format", "without guessing"),
        ("date_format: '%Y-%b-%m-%d'", 7, "date_format", "without guessing"),
        ("complete: {by: marker, suffix: .ok, seconds: 1}", 7, "complete.seconds", "unknown key"),
        ("supersede: aprove", 7, "supersede", "did you mean approve?"),
    ],
)  # fmt: skip
def test_a_mistake_beside_the_feeds_is_named(
    found_in: Callable[[str], Found], more: str, line: int, field: str, words: str
) -> None:
    ((found_line, found_field, message),) = found_in(
        f"    {more}\n    feeds:\n      sales: {{pattern: s}}\n"
    )
    assert (found_line, found_field) == (line, field), message
    assert words in message


@pytest.mark.parametrize(
    ("feed", "field", "words"),
    [
        ("sales: {pattern: s, columns: {amuont: x}}", "sales.columns.amuont", "mean amount?"),
        ("sales: {pattern: s, constants: {shop: x}}", "sales.constants.shop",
         "sales has no column shop"),
        ("sales: {pattern: s, values: {type: {I: invoice}}}", "sales.values.type",
         "sales has no column type"),
        ("stores: {pattern: s, columns: {amount: x}}", "stores.columns.amount", "it has store_id"),
        ("partners: {pattern: s, personal: [name, emial]}", "partners.personal[#2]",
         "did you mean email?"),
        ("sales: {pattern: s, columns: {sku: x}, constants: {sku: y}}", "sales.constants.sku",
         "is a constant and a column of the file"),
        ("scans: {pattern: s, custom: {region: text}}", "scans.custom.region",
         "scans has no custom fields: only distributors, partners, sales, stores have"),
        ("sales: {pattern: s, custom: {sku: text}}", "sales.custom.sku",
         "is a column of sales anyway"),
        ("sales: {pattern: s, custom: {Region: text}}", "sales.custom.Region",
         "is no name of a field"),
        ("sales: {pattern: s, custom: {region: number}}", "sales.custom.region", "whole_number"),
        ("sales: {pattern: s, grouping: '.'}", "sales.grouping", "cannot have the same mark"),
        ("sales: {pattern: s, if_missing: waiting}", "sales.if_missing", "did you mean wait?"),
        ("sales: {pattern: s, expected: {per: month, first_period: 2025-13}}",
         "sales.expected.first_period", "2025-13"),
        ("sales: {pattern: s, encoding: utf-9}", "sales.encoding", "is no known encoding"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_feed_is_named(
    found_in: Callable[[str], Found], feed: str, field: str, words: str
) -> None:
    ((line, found, message),) = found_in(f"    feeds:\n      {feed}\n")
    assert (line, found) == (8, f"feeds.{field}"), message
    assert words in message


@pytest.mark.parametrize(
    ("feed", "fields"),
    [
        ("{pattern: 's(?P<period>x)', gapless_from: 1}", ["gapless_from"]),
        ("{pattern: 's(?P<sequence>x)', gapless_from: 1}", []),
        ("{pattern: s, expected: {per: month, first_period: 2025-04}}", ["expected"]),
        ("{pattern: '(?P<period>s)', expected: {per: month, first_period: 2025-04}}", []),
        ("{pattern: s, expected: {per: distributor_and_month, first_period: 2025-04}}",
         ["expected", "expected"]),
    ],
)  # fmt: skip
def test_what_the_name_must_tell_a_control_file_may_tell_instead(
    source_of: Callable[[str], Source],
    found_in: Callable[[str], Found],
    feed: str,
    fields: list[str],
) -> None:
    by_name = f"    complete: {{by: rename}}\n    feeds:\n      sales: {feed}\n"
    found = found_in(by_name) if fields else []
    assert [field for _, field, _ in found] == [f"feeds.sales.{field}" for field in fields]
    assert all(line == 9 for line, _, _ in found)
    if not fields:
        source_of(by_name)
    source_of(by_name.replace("rename", "control_file"))


def test_a_feed_is_told_only_of_marks_that_it_changes(found_in: Callable[[str], Found]) -> None:
    """A mistake of the source is its own: it is not told again at every feed."""
    found = found_in(
        "    grouping: '.'\n    feeds:\n      sales: {pattern: s}\n"
        "      partners: {pattern: p, decimal_mark: '.'}\n"
        "      stores: {pattern: t, decimal_mark: ','}\n"
    )
    assert [(line, field) for line, field, _ in found] == [
        (7, "grouping"),
        (10, "feeds.partners.decimal_mark"),
    ]


def test_full_periods_are_about_sales(found_in: Callable[[str], Found]) -> None:
    ((line, field, message),) = found_in(
        "    delivers: full_period\n    feeds:\n      stores: {pattern: s}\n"
    )
    assert (line, field) == (7, "delivers")
    assert "full_period is about sales, which this source does not deliver" in message


def test_every_mistake_of_a_feed_comes_at_once(found_in: Callable[[str], Found]) -> None:
    found = found_in(
        "    feeds:\n      scans:\n        pattern: s\n        columns: {cod: x}\n"
        "        values: {skuu: {a: b}}\n        personal: [cdoe]\n"
    )
    assert [(line, field.removeprefix("feeds.scans.")) for line, field, _ in found] == [
        (10, "columns.cod"),
        (11, "values.skuu"),
        (12, "personal[#1]"),
    ]
