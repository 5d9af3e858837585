"""What reading files relies on in Polars and pandera: a failure here reads "they changed"."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandera.polars as pa
import polars as pl
import pytest
from polars.io.plugins import register_io_source

STRINGS = {name: pl.String() for name in ("a", "b", "c")}


def parsed(data: bytes, quote: str | None = None) -> list[tuple]:
    return pl.read_csv(
        data, has_header=False, schema=STRINGS, infer_schema=False, quote_char=quote
    ).rows()


def test_a_line_too_short_is_filled_with_nulls_in_silence() -> None:
    assert parsed(b"1,2,3\n4,5\n") == [("1", "2", "3"), ("4", "5", None)]


def test_a_line_too_long_is_an_error() -> None:
    with pytest.raises(pl.exceptions.ComputeError):
        parsed(b"1,2,3\n4,5,6,7\n")


def test_a_blank_line_is_a_row_of_nulls() -> None:
    assert parsed(b"1,2,3\n\n4,5,6\n")[1] == (None, None, None)


def test_quotes_are_taken_off_and_doubled_ones_halved() -> None:
    assert parsed(b'"a,""b""","",c\n', quote='"') == [('a,"b"', "", "c")]


def test_lines_are_read_as_they_are() -> None:
    data = b'\xef\xbb\xbfa\n\n "b\n'
    assert pl.read_lines(data).to_series().to_list() == ["\ufeffa", "", ' "b']


def test_casts_take_texts_that_are_no_amounts() -> None:
    lax = pl.Series(["+5", "1e3", ".5", "5.", "1.239"]).cast(pl.Decimal(18, 2)).to_list()
    assert lax == [Decimal(n) for n in ("5.00", "1000.00", "0.50", "5.00", "1.24")]


def test_date_formats_take_texts_they_would_not_print() -> None:
    lax = pl.Series(["2025-4-1", "+2025-04-01"]).str.to_date("%Y-%m-%d").to_list()
    assert lax == [date(2025, 4, 1)] * 2


def test_pandera_skips_the_data_of_a_lazy_frame() -> None:
    schema = pa.DataFrameSchema({"a": pa.Column(pl.Int64, pa.Check.gt(0))})
    bad = pl.DataFrame({"a": [-1]})
    schema.validate(bad.lazy(), lazy=True)
    with pytest.raises(pa.errors.SchemaErrors):
        schema.validate(bad, lazy=True)


def test_a_sink_writes_the_same_bytes_however_the_rows_come(tmp_path: Path) -> None:
    rows = pl.DataFrame({"n": range(10_000), "text": [f"row {n % 97}" for n in range(10_000)]})
    written = []
    for size in (7, 999, 10_000):
        file = tmp_path / f"{size}.parquet"
        pieces = [rows.slice(start, size) for start in range(0, rows.height, size)]
        source = register_io_source(lambda *_, pieces=pieces: iter(pieces), schema=rows.schema)
        source.sink_parquet(file, compression="zstd", compression_level=1, row_group_size=2_500)
        written.append(file.read_bytes())
    assert written[0] == written[1] == written[2]
    assert pl.read_parquet(tmp_path / "7.parquet").equals(rows)
