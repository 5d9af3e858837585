"""A block of whole lines as columns of text: one line is one row, always.

Belongs here: fields, quotes and the number of fields of a line. Not here: bytes (`byte_gate`) or
what a field may hold (`schemas`).

The fast way lets the CSV parser read the block and proves that it read what is there: as many
rows as lines, no line too long (the parser fails) and as many delimiters as there must be, so
that none was too short. Where that fails, or quotes are in the block, each line is first matched
with the shape of a record, and only those that have it are parsed.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from loyalty_pipeline.ingest.layout import Layout


@dataclass(frozen=True)
class Block:
    """Whole lines of a file, ended by LF, that passed the byte gate."""

    number: int
    first_line: int
    lines: int
    data: bytes
    holds: frozenset[str]  # `space`, `control`, `quote`: what the block has any of


def read_text(block: Block, layout: Layout, delimiter: str) -> pl.DataFrame:
    """A row a line: file_line, the canonical columns as text, null where empty.

    A column `shape` is there where lines of another shape may be: 1 wrong number of fields,
    2 misplaced quotes, else 0.
    """
    if "quote" not in block.holds and _delimiters_fit(block, layout, delimiter):
        try:
            fields = _parse(block.data, layout, delimiter, quote=None)
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
            fields = None  # some line has too many fields: find out which
        if fields is not None and fields.height == block.lines:
            return _canonical(fields.with_row_index("file_line", block.first_line), layout)
    return _read_by_line(block, layout, delimiter)


def raw_lines(block: Block, numbers: pl.Series) -> pl.Series:
    """The text of the lines of those numbers, without their line ends."""
    return _lines(block).gather(numbers - block.first_line)


def _lines(block: Block) -> pl.Series:
    return pl.read_lines(block.data, name="raw").to_series()


def _delimiters_fit(block: Block, layout: Layout, delimiter: str) -> bool:
    return block.data.count(delimiter.encode()) == block.lines * (layout.width - 1)


def _field(position: int) -> str:
    return f"field_{position}"


def _parse(data: bytes, layout: Layout, delimiter: str, quote: str | None) -> pl.DataFrame:
    return pl.read_csv(
        data,
        has_header=False,
        separator=delimiter,
        quote_char=quote,
        schema={_field(place): pl.String() for place in range(layout.width)},
        infer_schema=False,
    )


def _canonical(fields: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    extra = ["shape"] if "shape" in fields.columns else []
    return fields.select(
        pl.col("file_line").cast(pl.Int64),
        *extra,
        *(pl.col(_field(place)).alias(name) for name, place in layout.places.items()),
    )


def _read_by_line(block: Block, layout: Layout, delimiter: str) -> pl.DataFrame:
    raw = (
        _lines(block)
        .to_frame()
        .with_row_index("file_line", block.first_line)
        .with_columns(pl.col("file_line").cast(pl.Int64))
    )
    sep = f"\\x{ord(delimiter):02X}"  # whatever it is, it means itself
    field = f'(?:"(?:[^"]|"")*"|[^"{sep}]*)'
    record = f"^{field}(?:{sep}{field}){{{layout.width - 1}}}$"
    any_record = f"^{field}(?:{sep}{field})*$"
    text = pl.col("raw")
    shape = (
        pl.when(text.str.contains(record))
        .then(0)
        .when(text.str.contains(any_record))
        .then(1)
        .otherwise(2)
    )
    raw = raw.with_columns(shape.cast(pl.Int8).alias("shape"))
    names = [_field(place) for place in range(layout.width)]
    well = raw.filter(pl.col("shape") == 0)
    fields = pl.DataFrame(schema=dict.fromkeys(names, pl.String()))
    if well.height:
        data = well["raw"].str.join("\n").item() + "\n"
        fields = _parse(data.encode(), layout, delimiter, quote='"').select(
            pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in names
        )
        assert fields.height == well.height, "the parser read other rows than the lines of a block"
    read = pl.concat([well.select("file_line", "shape"), fields], how="horizontal")
    ill = raw.filter(pl.col("shape") > 0)
    if ill.height:
        read = pl.concat([read, _guessed(ill, names, delimiter)]).sort("file_line")
    return _canonical(read, layout)


def _guessed(ill: pl.DataFrame, names: list[str], delimiter: str) -> pl.DataFrame:
    """The fields of ill-shaped lines at their places, only to tell whose document they harm."""
    parts = pl.when(pl.col("shape") == 1).then(pl.col("raw")).str.split(delimiter)
    field = [pl.col("parts").list.get(place, null_on_oob=True) for place in range(len(names))]
    return ill.with_columns(parts.alias("parts")).select(
        "file_line",
        "shape",
        *(pl.when(f != "").then(f).alias(n) for f, n in zip(field, names, strict=True)),
    )
