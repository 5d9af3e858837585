"""Documents whose lines lie in more than one block of a file, decided from all their lines.

Belongs here: finding them, deciding again, and which lines come or go. Not here: the rules
between lines (`file_documents`). Blocks are cut where a document ends, so there are few or none,
unless a file mixes the lines of its documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from loyalty_pipeline.ingest.file_documents import REPEATED, DocumentRules, identity_hash
from loyalty_pipeline.ingest.quarantine import QUARANTINE_SCHEMA, members

# Documents are decided in shares of about so many lines, which bounds memory.
_LINES_AT_ONCE = 500_000
_NUMBER = ["distributor_id", "document_no"]


@dataclass
class Index:
    """Which documents each block saw, by hashes: 20 bytes a document."""

    rules: DocumentRules
    seen: list[pl.DataFrame] = field(default_factory=list)
    poison: list[pl.DataFrame] = field(default_factory=list)

    def add(self, block: int, seen: pl.DataFrame, poison: pl.DataFrame | None) -> None:
        """Note a block's documents, and what its bad rows name."""
        self.seen.append(seen.with_columns(pl.lit(block, pl.UInt32).alias("block")))
        if poison is not None:
            self.poison.append(poison.with_columns(pl.lit(block, pl.UInt32).alias("block")))

    def undecided(self) -> pl.DataFrame:
        """The documents that other blocks have a say in: identity, lines."""
        if len(self.seen) < 2:
            return pl.DataFrame(schema={"identity": pl.UInt64, "lines": pl.UInt32})
        seen = pl.concat(self.seen)
        again = seen["identity"].is_duplicated()
        if self.poison:
            bad = pl.concat(self.poison).select(identity_hash(_NUMBER).alias("number"), "block")
            hit = (
                seen.with_row_index("place")
                .join(bad, on="number")
                .filter(pl.col("block") != pl.col("block_right"))
                .get_column("place")
                .unique()
            )
            again |= members(seen.height, hit)
        return seen.filter(again).group_by("identity").agg(pl.col("lines").sum())

    def all_poison(self) -> pl.DataFrame | None:
        """What all bad rows of the file name."""
        if not self.poison:
            return None
        return pl.concat(self.poison).drop("block").unique(maintain_order=True)


def seen_documents(
    rules: DocumentRules, documents: pl.DataFrame, withheld: pl.DataFrame | None
) -> pl.DataFrame:
    """An index's entries for the documents of a block: identity, number, lines."""
    number = identity_hash(_NUMBER) if rules.contract.has_documents else pl.lit(0, pl.UInt64)
    lines = pl.col("line_count").cast(pl.UInt32).alias("lines")
    seen = documents.select(identity_hash(rules.key), number.alias("number"), lines)
    if withheld is None:
        return seen
    names = withheld.group_by(rules.key).agg(pl.len().alias("line_count"))
    more = names.select(identity_hash(rules.key), number.alias("number"), lines)
    # A document can be on both sides: its repeated lines are withheld.
    return pl.concat([seen, more]).group_by("identity", "number").agg(pl.col("lines").sum())


@dataclass(frozen=True)
class Settled:
    """What deciding again changed; frames are ordered by line."""

    identities: pl.DataFrame
    lines: pl.DataFrame  # file_line of every line of these documents
    removed: pl.DataFrame  # file_line of lines that counted and now do not
    restored: pl.DataFrame  # lines that did not count and now do
    documents: pl.DataFrame
    withheld: pl.DataFrame  # file_line, reasons


def settle(index: Index, staged: pl.LazyFrame, withheld: pl.LazyFrame | None) -> Settled | None:
    """Decide again on documents in several blocks; None when there are none."""
    undecided = index.undecided()
    if not undecided.height:
        return None
    poison, rules = index.all_poison(), index.rules
    total = int(undecided["lines"].sum())
    shares = max(1, -(-total // _LINES_AT_ONCE))
    parts: dict[str, list[pl.DataFrame]] = {
        name: [] for name in ("lines", "removed", "restored", "documents", "withheld")
    }
    for lines in _shares(undecided, rules, staged, withheld, shares):
        counted = pl.col("counted")
        decided = rules.decide(lines.drop("counted"), poison)
        kept = decided.kept.lazy().select("file_line").collect()
        parts["lines"].append(lines.select("file_line"))
        parts["removed"].append(
            lines.filter(counted).select("file_line").join(kept, on="file_line", how="anti")
        )
        parts["restored"].append(
            lines.filter(~counted).drop("counted").join(kept, on="file_line", how="semi")
        )
        parts["documents"].append(decided.documents)
        if decided.withheld is not None:
            parts["withheld"].append(decided.withheld.select("file_line", "reasons"))
    none_withheld = pl.DataFrame(schema={"file_line": pl.Int64, "reasons": pl.String})
    return Settled(
        identities=undecided.select("identity"),
        lines=pl.concat(parts["lines"]),
        removed=pl.concat(parts["removed"]),
        restored=pl.concat(parts["restored"]).sort("file_line"),
        documents=pl.concat(parts["documents"]).sort("first_line"),
        withheld=pl.concat([none_withheld, *parts["withheld"]]).sort("file_line"),
    )


def _shares(
    undecided: pl.DataFrame,
    rules: DocumentRules,
    staged: pl.LazyFrame,
    withheld: pl.LazyFrame | None,
    shares: int,
) -> Iterator[pl.DataFrame]:
    """All lines of the undecided documents, a share of the documents at a time."""
    columns = ["file_line", *rules.columns]
    sources = [staged.select(*columns, pl.lit(True).alias("counted"))]
    if withheld is not None:
        sources.append(withheld.select(*columns, pl.lit(False).alias("counted")))
    lines = pl.concat(sources).with_columns(identity_hash(rules.key))
    for share in range(shares):
        mine = undecided.filter(pl.col("identity") % shares == share).lazy()
        yield (
            lines.join(mine, on="identity", how="semi").drop("identity").collect(engine="streaming")
        )


def with_raw(withheld: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Quarantine rows of withheld lines, with their text read from the file again."""
    bad = withheld.filter(pl.col("reasons") != REPEATED).sort("file_line")
    wanted = iter(bad["file_line"].to_list())
    raw: list[str] = []
    following = next(wanted, None)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if following is None:
                break
            if number == following:
                raw.append(line.removesuffix(b"\n").removesuffix(b"\r").decode())
                following = next(wanted, None)
    return bad.select(
        pl.col("file_line").alias("line_no"),
        "reasons",
        pl.Series("raw", raw, dtype=pl.String),
    ).cast(QUARANTINE_SCHEMA)
