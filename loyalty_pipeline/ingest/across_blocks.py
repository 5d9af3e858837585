"""Documents whose lines lie in more than one block of a file, decided from all their lines.

Belongs here: finding them, deciding again, and which lines come or go. Not here: the rules
between lines (`file_documents`). Blocks are cut where a document ends, so there are few or none,
unless a file mixes the lines of its documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import polars as pl

from loyalty_pipeline.ingest.file_documents import REPEATED, DocumentRules, identity_hash
from loyalty_pipeline.ingest.parts import Parts
from loyalty_pipeline.ingest.quarantine import BAD, QUARANTINE_SCHEMA, SUBJECT, members, subject_of
from loyalty_pipeline.ingest.tally import Tally, tally_of

# Documents are decided in shares of about so many lines, and looked for in portions of about so
# many entries of the index, which bounds memory.
_LINES_AT_ONCE = 250_000
_ENTRIES_AT_ONCE = 1_000_000
_NUMBER = ["distributor_id", "document_no"]
_UNDECIDED = {"identity": pl.UInt64, "lines": pl.UInt32}


@dataclass
class Index:
    """Which documents each block saw, by hashes, and what its bad rows name; kept on disk."""

    rules: DocumentRules
    parts: Parts
    blocks: int = 0
    entries: int = 0

    def keep(self, block: int, seen: pl.DataFrame, poison: pl.DataFrame | None) -> None:
        """Put aside what a block saw."""
        number = pl.lit(block, pl.UInt32).alias("block")
        self.parts.put("seen", block, seen.with_columns(number))
        self.parts.put("poison", block, None if poison is None else poison.with_columns(number))

    def note(self, entries: int) -> None:
        """Count a block, and the documents that it saw."""
        self.blocks += 1
        self.entries += entries

    def undecided(self) -> pl.DataFrame:
        """The documents that other blocks have a say in: identity, lines."""
        seen, poison = self.parts.scan("seen"), self.parts.scan("poison")
        if seen is None or self.blocks < 2:
            return pl.DataFrame(schema=_UNDECIDED)
        bad = None
        if poison is not None:
            number = identity_hash(_NUMBER).alias("number")
            bad = poison.select(number, pl.col("block").alias("block_bad")).unique().collect()
        portions = -(-self.entries // _ENTRIES_AT_ONCE)
        found = []
        for portion in range(portions):
            mine = seen.filter(pl.col("identity") % portions == portion).collect()
            found.append(_undecided_of(mine, bad))
        return pl.concat(found)

    def poison_of(self, lines: pl.DataFrame) -> pl.DataFrame | None:
        """What bad rows of the file name of the documents of some lines."""
        poison = self.parts.scan("poison")
        if poison is None:
            return None
        named = poison.drop("block").join(lines.lazy().select(_NUMBER), on=_NUMBER, how="semi")
        found = named.unique().collect()
        return found if found.height else None


def _undecided_of(seen: pl.DataFrame, bad: pl.DataFrame | None) -> pl.DataFrame:
    again = seen["identity"].is_duplicated()
    if bad is not None:
        hit = (
            seen.with_row_index("place")
            .join(bad, on="number")
            .filter(pl.col("block") != pl.col("block_bad"))
            .get_column("place")
            .unique()
        )
        again |= members(seen.height, hit)
    return seen.filter(again).group_by("identity").agg(pl.col("lines").sum())


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
    """What deciding again changed."""

    identities: pl.DataFrame
    lines: pl.DataFrame  # file_line of every line of these documents
    removed: pl.DataFrame  # file_line of lines that counted and now do not
    restored: pl.DataFrame  # lines that did not count and now do, by line
    documents: pl.LazyFrame | None  # by first line
    withheld: pl.DataFrame  # as BAD; by line
    taken_back: Tally  # what counted and now does not, less what did not and now does
    repeated: Tally  # of `lines`


def settle(index: Index, staged: pl.LazyFrame, parts: Parts) -> Settled | None:
    """Decide again on documents in several blocks; None when there are none."""
    undecided = index.undecided()
    if not undecided.height:
        return None
    found: dict[str, list[pl.DataFrame]] = {
        "lines": [],
        "removed": [],
        "restored": [],
        "withheld": [pl.DataFrame(schema=BAD)],
    }
    taken_back = repeated = Tally()
    dialect, contract = index.rules.dialect, index.rules.contract
    for share, lines in enumerate(_shares(undecided, index.rules, staged, parts)):
        decided = index.rules.decide(lines.drop("counted"), index.poison_of(lines))
        parts.put("late-documents", share, decided.documents)
        kept = decided.kept.select("file_line")
        removed = lines.filter("counted").join(kept, on="file_line", how="anti")
        others = lines.filter(~pl.col("counted")).drop("counted")
        restored = others.join(kept, on="file_line", how="semi")
        taken_back += tally_of(removed, dialect) - tally_of(restored, dialect)
        found["lines"].append(lines.select("file_line"))
        found["removed"].append(removed.select("file_line"))
        found["restored"].append(restored)
        if decided.withheld is not None:
            again = decided.withheld.filter(pl.col("reasons") == REPEATED)
            repeated += tally_of(again, dialect)
            subject = subject_of(contract, decided.withheld.columns)
            found["withheld"].append(decided.withheld.select("file_line", "reasons", *subject))
    return Settled(
        identities=undecided.select("identity"),
        lines=pl.concat(found["lines"]),
        removed=pl.concat(found["removed"]),
        restored=pl.concat(found["restored"]).sort("file_line"),
        documents=_merged(parts.scan_each("late-documents")),
        withheld=pl.concat(found["withheld"]).sort("file_line"),
        taken_back=taken_back,
        repeated=repeated,
    )


def _shares(
    undecided: pl.DataFrame, rules: DocumentRules, staged: pl.LazyFrame, parts: Parts
) -> Iterator[pl.DataFrame]:
    """All lines of the undecided documents, a share of the documents at a time.

    Every line is read once and put aside with its share, so that the time for a file that mixes
    all its lines grows with its lines, and memory does not.
    """
    undecided_lines = int(undecided["lines"].sum())
    shares = max(1, -(-undecided_lines // _LINES_AT_ONCE))
    columns = ["file_line", *rules.columns]
    sources = [staged.select(*columns, counted=pl.lit(True))]
    withheld = parts.scan("withheld")
    if withheld is not None:
        sources.append(withheld.select(*columns, counted=pl.lit(False)))
    rows = [source.select(pl.len()).collect().item() for source in sources]
    # Where most lines are undecided they are told apart share by share, and not line by line here.
    mostly = 2 * undecided_lines > sum(rows)
    number = 0
    for source, height in zip(sources, rows, strict=True):
        for start in range(0, height, _LINES_AT_ONCE):
            lines = source.slice(start, _LINES_AT_ONCE).with_columns(identity_hash(rules.key))
            if not mostly:
                lines = lines.join(undecided.lazy(), on="identity", how="semi")
            of_share = (pl.col("identity") % shares).alias("share")
            mine = lines.with_columns(of_share).collect()
            for (share,), part in mine.partition_by("share", as_dict=True).items():
                parts.put(f"share{share}", number, part.drop("share"))
            number += 1
    for share in range(shares):
        mixed = parts.scan(f"share{share}")
        if mixed is not None:
            own = undecided.lazy().filter(pl.col("identity") % shares == share)
            lines = mixed.join(own, on="identity", how="semi") if mostly else mixed
            yield lines.drop("identity").collect()


def _merged(shares: list[pl.LazyFrame]) -> pl.LazyFrame | None:
    """The documents of all shares by first line; each share is in order already."""
    if not shares:
        return None
    while len(shares) > 1:
        pairs = zip_longest(shares[0::2], shares[1::2])
        shares = [
            left if right is None else left.merge_sorted(right, key="first_line")
            for left, right in pairs
        ]
    return shares[0]


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
        *SUBJECT,
    ).cast(QUARANTINE_SCHEMA)
