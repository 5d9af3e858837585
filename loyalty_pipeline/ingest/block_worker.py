"""What a worker does with one block: from its bytes to good lines, and all the rest put aside.

Belongs here: the order of the steps on one block. Not here: each step, or what follows from
several blocks (`across_blocks`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from loyalty_pipeline.ingest.across_blocks import Index, seen_documents
from loyalty_pipeline.ingest.blocks import Block, raw_lines, read_text
from loyalty_pipeline.ingest.contract import FeedContract
from loyalty_pipeline.ingest.dialect import Dialect
from loyalty_pipeline.ingest.file_documents import REPEATED, DocumentRules
from loyalty_pipeline.ingest.layout import Layout
from loyalty_pipeline.ingest.parsing import (
    TYPES,
    custom_json,
    fiscal_years,
    identity_days,
    staged_schema,
)
from loyalty_pipeline.ingest.parts import Parts
from loyalty_pipeline.ingest.quarantine import QUARANTINE_SCHEMA, SUBJECT, Rules, subject_of
from loyalty_pipeline.ingest.schemas import CONTROL, SPACE, value_schema
from loyalty_pipeline.ingest.tally import Tally, tally_of


@dataclass(frozen=True)
class StagedBlock:
    """What became of a block; the rest of it lies in the parts folder."""

    number: int
    kept: pl.DataFrame  # with all staged columns
    all: Tally
    quarantined: Tally
    repeated: Tally
    documents: int
    second_header: int | None


@dataclass(frozen=True)
class BlockWorker:
    """Stages blocks of one file; used by several threads at once."""

    dialect: Dialect
    layout: Layout
    parts: Parts
    index: Index

    @property
    def contract(self) -> FeedContract:
        """The contract of the feed."""
        return self.dialect.contract

    @classmethod
    def of(cls, dialect: Dialect, layout: Layout, parts: Parts) -> BlockWorker:
        """A worker for a file of this layout."""
        contract = dialect.contract
        present = layout.present | set(contract.key)
        present |= {"custom"} if contract.custom_fields else set()
        return cls(dialect, layout, parts, Index(DocumentRules(dialect, present), parts))

    def stage(self, block: Block) -> StagedBlock:
        """Bad rows and withheld lines go into parts, the lines that count come back."""
        contract, dialect = self.contract, self.dialect
        text = read_text(block, self.layout, dialect.delimiter)
        second_header = self._second_header(block, text)
        text = dialect.translated(text)
        holds = block.holds | {SPACE, CONTROL} if dialect.translates else block.holds
        split = Rules(dialect, self.layout.present).split(text, holds)
        del text
        # Names and types: on a LazyFrame pandera looks at no data. The data was judged by the
        # same checks just above; judging it again took a quarter of a worker's time.
        value_schema(contract).validate(split.good.lazy(), lazy=True)
        missing = [c.name for c in contract.columns if c.required and c.name in split.good.columns]
        assert not any(split.good.select(missing).null_count().row(0)), "a needed value is missing"
        rules = self.index.rules
        resolved = rules.resolve(self._normalised(split.good), split.poison)
        withheld, bad = resolved.withheld, split.bad
        quarantined, repeated = split.of_bad, Tally()
        if withheld is not None:
            refused = withheld.filter(pl.col("reasons") != REPEATED)
            quarantined += tally_of(refused, dialect)
            repeated = tally_of(withheld.filter(pl.col("reasons") == REPEATED), dialect)
            late = refused.select("file_line", "reasons", *subject_of(contract, refused.columns))
            bad = pl.concat([bad, late]).sort("file_line")
            self.parts.put("withheld", block.number, withheld)
        raw = raw_lines(block, bad["file_line"]) if bad.height else pl.Series("raw", [], pl.String)
        self.parts.put("quarantine", block.number, _quarantine(bad, raw))
        if contract.has_documents:
            self.parts.put("documents", block.number, resolved.documents)
        seen = seen_documents(rules, resolved.documents, withheld)
        self.index.keep(block.number, seen, split.poison)
        return StagedBlock(
            number=block.number,
            kept=self.completed(resolved.kept),
            all=split.all,
            quarantined=quarantined,
            repeated=repeated,
            documents=seen.height,
            second_header=second_header,
        )

    def _normalised(self, good: pl.DataFrame) -> pl.DataFrame:
        """The values as they are staged: fiscal year added, signs as ours, defaults filled in."""
        contract, columns = self.contract, []
        if contract.has_documents:
            year = fiscal_years(identity_days(good), self.dialect.fiscal_start)
            columns.append(year.alias("fiscal_year"))
        if contract.amount and self.dialect.returns_signed == "positive":
            columns.append(self.dialect.as_written(contract.amount))
        for column in contract.columns:
            if column.default is not None and column.name in good.columns:
                columns.append(pl.col(column.name).fill_null(column.default))
            elif column.name in contract.key and column.name not in good.columns:
                columns.append(pl.lit(None, TYPES[column.kind]).alias(column.name))
        custom = [column.name for column in contract.custom_fields]
        if custom:
            columns.append(custom_json(contract))
        return good.with_columns(columns).drop(custom)

    def completed(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Lines with all staged columns in order, those that the file lacks being null."""
        default = {column.name: column.default for column in self.contract.columns}
        return lines.select(
            pl.col(name) if name in lines.columns else pl.lit(default.get(name), dtype).alias(name)
            for name, dtype in staged_schema(self.contract).items()
        )

    def _second_header(self, block: Block, text: pl.DataFrame) -> int | None:
        """The first line that names the columns again; among texts it would be a good row."""
        column = next(iter(self.layout.places), None)
        if column is None:
            return None
        shown = self.layout.names[self.layout.places[column]]
        alike = text.filter(pl.col(column) == shown)["file_line"]
        if alike.is_empty():
            return None
        lines = zip(alike, raw_lines(block, alike), strict=True)
        return next((n for n, line in lines if self.layout.is_header(line)), None)

    def cut(self, data: bytes) -> int:
        """Where to cut bytes that end a line so that, as far as can be seen, no document is cut.

        Only looks at neighbouring lines and need not be right: what it misses is put right later.
        """
        if not self.contract.has_documents:
            return len(data)
        delimiter = self.dialect.delimiter.encode()
        columns = self.layout.places
        places = [columns[name] for name in self.contract.key if name in columns]
        lines = data.split(b"\n")[1:-1]

        def key(line: bytes) -> list[bytes]:
            fields = line.split(delimiter)
            return [fields[place] for place in places if place < len(fields)]

        taken = len(data)
        for before, line in zip(reversed(lines[:-1]), reversed(lines), strict=False):
            taken -= len(line) + 1
            if key(before) != key(line):
                return taken
        return len(data)


def _quarantine(bad: pl.DataFrame, raw: pl.Series) -> pl.DataFrame:
    rows = bad.select(pl.col("file_line").alias("line_no"), "reasons", raw.alias("raw"), *SUBJECT)
    return rows.cast(QUARANTINE_SCHEMA)
