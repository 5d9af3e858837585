"""What a file's good lines make up: whole documents, repeated lines, contradictions.

Belongs here: the rules between lines of one file. Not here: rules of one row (`schemas`), or what
depends on other files (`documents`).

`resolve` takes the lines of a block. Lines of a document mostly follow each other, so most
documents are proved sound from neighbouring lines alone; all others go through `decide`, which
assumes nothing. A document with lines in several blocks is decided again in `across_blocks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import polars as pl

from loyalty_pipeline.ingest.contract import FeedContract
from loyalty_pipeline.ingest.dialect import Dialect
from loyalty_pipeline.ingest.parsing import MAX_AMOUNT, staged_schema
from loyalty_pipeline.ingest.quarantine import poisoned

REPEATED = "repeated"  # in `reasons`: no reason to refuse, the same line counts elsewhere

_TOTAL = pl.Decimal(38, 2)


@dataclass(frozen=True)
class Resolved:
    """The lines that count, what they make up, and what became of the others."""

    kept: pl.DataFrame  # in file order
    documents: pl.DataFrame  # key, header columns, amount, line_count, first_line; by first line
    withheld: pl.DataFrame | None  # the other lines, and their `reasons`


@dataclass(frozen=True)
class DocumentRules:
    """How lines of one feed make up documents, for the columns that a file has."""

    dialect: Dialect
    present: frozenset[str]  # staged columns

    @property
    def contract(self) -> FeedContract:
        """The contract of the feed."""
        return self.dialect.contract

    @property
    def key(self) -> list[str]:
        """What names a document."""
        return list(self.contract.key)

    @property
    def header(self) -> list[str]:
        """The columns in which the lines of a document agree, beside its key."""
        return [name for name in self.contract.header if name in self.present]

    @property
    def columns(self) -> list[str]:
        """What makes up a line, beside its number in the file."""
        return [name for name in staged_schema(self.contract) if name in self.present]

    def resolve(self, lines: pl.DataFrame, poison: pl.DataFrame | None) -> Resolved:
        """Decide on the lines of a block, taken for all there is."""
        runs = self._runs(lines)
        identity = runs.select(identity_hash(self.key)).to_series()
        doubtful = runs["doubtful"] | identity.is_duplicated()
        if poison is not None:
            doubtful |= poisoned(runs, poison)
        runs = runs.drop("doubtful")
        if not doubtful.any():
            return Resolved(lines, runs, None)
        of_lines = pl.select(doubtful.repeat_by(runs["line_count"])).to_series().explode()
        decided = self.decide(lines.filter(of_lines), poison)
        cleared = lines["file_line"].is_in(decided.kept["file_line"].implode())
        return Resolved(
            lines.filter(~of_lines | cleared),
            pl.concat([runs.filter(~doubtful), decided.documents]).sort("first_line"),
            decided.withheld,
        )

    def _runs(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Lines of one document that follow each other, and whether neighbours leave a doubt."""
        if not self.contract.has_documents:
            return lines.select(
                *self.key,
                pl.lit(1, pl.UInt32).alias("line_count"),
                pl.col("file_line").alias("first_line"),
                pl.lit(False).alias("doubtful"),
            )
        same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in self.key)
        line = pl.col(self.contract.line or "")
        # Rising line numbers prove that none comes twice.
        doubt = pl.any_horizontal(
            *(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in self.header),
            line <= line.shift(1),
        )
        marks = lines.select(
            same.fill_null(False).not_().alias("starts"),
            (same & doubt).fill_null(False).alias("doubt"),
        )
        starts = marks["starts"]
        sums = (
            lines.select("amount", starts.cum_sum().set_sorted().alias("run"), marks["doubt"])
            .group_by("run", maintain_order=True)
            .agg(
                pl.col("amount").cast(_TOTAL).sum().alias("total"),
                pl.len().alias("line_count"),
                pl.col("doubt").any(),
            )
        )
        total, doubt_of_run = sums["total"], sums["doubt"]
        heads = lines.filter(starts)
        wrong = heads.select(
            contradicts(pl.lit(total), pl.col("document_type")) | out_of_range(pl.lit(total))
        ).to_series()
        return heads.select(
            *self.key,
            *self.header,
            total.cast(pl.Decimal(18, 2), strict=False).alias("amount"),
            sums["line_count"],
            pl.col("file_line").alias("first_line"),
            (doubt_of_run | wrong).alias("doubtful"),
        )

    def decide(self, lines: pl.DataFrame, poison: pl.DataFrame | None) -> Resolved:
        """Decide on all lines of some documents, in any order, assuming nothing."""
        lines = lines.sort("file_line")
        documents = (
            lines.group_by(self.key, maintain_order=True)
            .agg("file_line")
            .with_row_index("document")
            .with_columns(poisoned=pl.lit(False))
        )
        if poison is not None:
            documents = documents.with_columns(poisoned(documents, poison).alias("poisoned"))
        number = documents.select("file_line", "document", "poisoned").explode("file_line")
        numbered = lines.join(number, on="file_line", maintain_order="left").with_columns(
            _repeats(lines, number, self.contract.line)
        )
        judged = self._judged(numbered)
        fine = pl.col("reasons").is_null()
        kept = judged.filter(fine & ~pl.col("is_repeat")).select(lines.columns)
        withheld = judged.filter(~fine | pl.col("is_repeat")).select(
            *lines.columns, pl.col("reasons").fill_null(REPEATED)
        )
        return Resolved(kept, self._summed(kept), withheld if withheld.height else None)

    def _judged(self, lines: pl.DataFrame) -> pl.DataFrame:
        """`reasons` of each line, null where its document is sound."""
        once = ~pl.col("is_repeat")
        if not self.contract.has_documents:
            code = f"{self.contract.thing}_differs"
            differs = once.sum().over("document") > 1
            return lines.with_columns(pl.when(differs).then(pl.lit(code)).alias("reasons"))
        # Step by step: a window inside a window would be computed again wherever it is named.
        header = pl.any_horizontal(
            pl.col(name).ne_missing(pl.col(name).first().over("document")) for name in self.header
        )
        amount = pl.when(once).then(pl.col("amount").cast(_TOTAL)).otherwise(0)
        line_differs = once.sum().over("document", self.contract.line) > 1
        judged = (
            lines.with_columns(header.alias("header_differs"), line_differs.alias("line_differs"))
            .with_columns(
                pl.col("header_differs").any().over("document"),
                pl.col("line_differs").any().over("document").alias("other"),
                amount.sum().over("document").alias("total"),
            )
            .with_columns(pl.col("other") | pl.col("poisoned"))
        )
        total, whole = pl.col("total"), ~pl.col("header_differs") & ~pl.col("other")
        own = {
            "header_differs": pl.col("header_differs"),
            "line_differs": pl.col("line_differs"),
            "sign_contradicts_type": whole & contradicts(total, pl.col("document_type")),
            "amount_range": whole & out_of_range(total),
        }
        codes = pl.concat_str(
            *(pl.when(holds).then(pl.lit(code)) for code, holds in own.items()),
            separator=", ",
            ignore_nulls=True,
        )
        reasons = pl.when(codes != "").then(codes).when(pl.col("other")).then(pl.lit("other_line"))
        return judged.with_columns(reasons.alias("reasons"))

    def _summed(self, kept: pl.DataFrame) -> pl.DataFrame:
        """The documents that such lines make up."""
        parts = [pl.col(name).first() for name in self.header]
        if self.contract.has_documents:
            parts.append(pl.col("amount").cast(_TOTAL).sum().cast(pl.Decimal(18, 2)))
        return kept.group_by(self.key, maintain_order=True).agg(
            *parts,
            pl.len().alias("line_count"),
            pl.col("file_line").min().alias("first_line"),
        )


def _repeats(lines: pl.DataFrame, number: pl.DataFrame, line: str | None) -> pl.Series:
    """Which of the lines, sorted by file_line, say again what an earlier one says."""
    content = [name for name in lines.columns if name != "file_line"]
    same = ["document", *([line] if line else [])]
    twice = lines.join(number, on="file_line", maintain_order="left").filter(
        pl.len().over(same) > 1
    )
    earliest = pl.col("file_line").min().over(content)
    again = twice.filter(pl.col("file_line") > earliest)["file_line"]
    return lines["file_line"].is_in(again.implode()).alias("is_repeat")


def contradicts(total: pl.Expr, document_type: pl.Expr) -> pl.Expr:
    """Whether a document's total does not have the sign of its type; zero has none."""
    return pl.when(document_type == "invoice").then(total <= 0).otherwise(total >= 0)


def out_of_range(total: pl.Expr) -> pl.Expr:
    """Whether a total is larger than an amount may be."""
    return total.abs() >= MAX_AMOUNT


def identity_hash(key: list[str]) -> pl.Expr:
    """64 bits of a document's identity: equal documents have equal ones, nothing else is used.

    Never stored: an engine's hash may change with its version.
    """
    hashes = [pl.col(name).hash(seed) for seed, name in enumerate(key, start=1)]
    return reduce(lambda left, right: left ^ right, hashes).alias("identity")
