"""What a worker does with one block: from its bytes to good lines, and all the rest put aside.

Belongs here: the order of the steps on one block. Not here: each step, or what follows from
several blocks (`across_blocks`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from loyalty_pipeline.ingest.across_blocks import seen_documents
from loyalty_pipeline.ingest.blocks import Block, raw_lines, read_text
from loyalty_pipeline.ingest.contract import FeedContract, Layout
from loyalty_pipeline.ingest.file_documents import REPEATED, DocumentRules
from loyalty_pipeline.ingest.parsing import fiscal_years, identity_days, staged_schema
from loyalty_pipeline.ingest.parts import Parts
from loyalty_pipeline.ingest.quarantine import QUARANTINE_SCHEMA, Amount, Rules
from loyalty_pipeline.ingest.schemas import value_schema
from loyalty_pipeline.program.sources import Source


@dataclass(frozen=True)
class StagedBlock:
    """What became of a block; the rest of it lies in the parts folder."""

    number: int
    kept: pl.DataFrame  # with all staged columns
    quarantined: int
    repeated: int
    amount: Amount
    seen: pl.DataFrame
    poison: pl.DataFrame | None
    blank_line: int | None
    second_header: int | None


@dataclass(frozen=True)
class BlockWorker:
    """Stages blocks of one file; used by several threads at once."""

    source: Source
    contract: FeedContract
    layout: Layout
    parts: Parts

    @property
    def document_rules(self) -> DocumentRules:
        """The rules between lines, for the columns that the file has."""
        return DocumentRules(self.contract, frozenset(self.layout.places))

    def stage(self, block: Block) -> StagedBlock:
        """Bad rows and withheld lines go into parts, the lines that count come back."""
        source, contract = self.source, self.contract
        text = read_text(block, self.layout, source.delimiter)
        rules = Rules(contract, self.layout, source.date_format, source.fiscal_start)
        split = rules.split(text, block.holds)
        del text
        # Eagerly, on a DataFrame: pandera does not look at the data of a LazyFrame.
        value_schema(contract.feed).validate(split.good, lazy=True)
        resolved = self.document_rules.resolve(self._normalised(split.good), split.poison)
        withheld = resolved.withheld
        bad = split.bad
        repeated = 0
        if withheld is not None:
            refused = withheld.filter(pl.col("reasons") != REPEATED)
            repeated = withheld.height - refused.height
            bad = pl.concat([bad, refused.select("file_line", "reasons")]).sort("file_line")
            self.parts.put("withheld", block.number, withheld)
        raw = raw_lines(block, bad["file_line"]) if bad.height else pl.Series("raw", [], pl.String)
        self.parts.put("quarantine", block.number, _quarantine(bad, raw))
        if contract.has_documents:
            self.parts.put("documents", block.number, resolved.documents)
        return StagedBlock(
            number=block.number,
            kept=self.completed(resolved.kept),
            quarantined=bad.height,
            repeated=repeated,
            amount=split.amount,
            seen=seen_documents(self.document_rules, resolved.documents, withheld),
            poison=split.poison,
            blank_line=_first(bad, raw, [""]),
            second_header=self._second_header(bad, raw),
        )

    def _normalised(self, good: pl.DataFrame) -> pl.DataFrame:
        """The values as they are staged: fiscal year added, signs as ours, defaults filled in."""
        columns: list[pl.Expr] = []
        if "document_date" in good.columns:
            year = fiscal_years(identity_days(good), self.source.fiscal_start)
            columns.append(year.alias("fiscal_year"))
            if self.source.returns_signed == "positive":
                is_invoice = pl.col("document_type") == "invoice"
                signed = pl.when(is_invoice).then("amount").otherwise(-pl.col("amount"))
                columns.append(signed.cast(pl.Decimal(18, 2)).alias("amount"))
        if "status" in good.columns:
            columns.append(pl.col("status").fill_null("active"))
        return good.with_columns(columns)

    def completed(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Lines with all staged columns in order, those that the file lacks being null."""
        return lines.select(
            pl.col(name)
            if name in lines.columns
            else pl.lit("active" if name == "status" else None, dtype).alias(name)
            for name, dtype in staged_schema(self.contract).items()
        )

    def _second_header(self, bad: pl.DataFrame, raw: pl.Series) -> int | None:
        names = self.layout.names
        plain = self.source.delimiter.join(names)
        quoted = self.source.delimiter.join(f'"{name}"' for name in names)
        return _first(bad, raw, [plain, quoted])

    def cut(self, data: bytes) -> int:
        """Where to cut bytes that end a line so that, as far as can be seen, no document is cut.

        Only looks at neighbouring lines and need not be right: what it misses is put right later.
        """
        if not self.contract.has_documents:
            return len(data)
        delimiter = self.source.delimiter.encode()
        places = [self.layout.places[name] for name in self.contract.key if name != "fiscal_year"]
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
    return bad.select(pl.col("file_line").alias("line_no"), "reasons", raw.alias("raw")).cast(
        QUARANTINE_SCHEMA
    )


def _first(bad: pl.DataFrame, raw: pl.Series, texts: list[str]) -> int | None:
    """The number of the first bad line that is one of these texts."""
    found = bad["file_line"].filter(raw.is_in(texts))
    return int(found[0]) if len(found) else None
