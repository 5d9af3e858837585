"""Proof that a journal is whole: numbers, chain of hashes, bytes of everything it names.

Belongs here: checks that need no knowledge of points. Not here: the ledger's own invariants,
which are `ledger.audit`.
"""

from __future__ import annotations

from dataclasses import dataclass

from loyalty_pipeline.journal.commits import GENESIS, faults_of, parse_header
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.warehouse.files import sha256_of


@dataclass(frozen=True)
class Finding:
    """Something wrong, at a commit, in words."""

    scope: str
    number: int
    message: str

    def __str__(self) -> str:
        return f"{self.scope} commit {self.number}: {self.message}"


def verify_chain(journal: Journal, expected_head: int | None = None) -> list[Finding]:
    """Every way in which the sealed files are not what was committed, first one first.

    `expected_head` is a head known from elsewhere (the published copy); a journal that ends
    before it has lost its newest commits, which the chain alone cannot show.
    """
    findings: list[Finding] = []
    numbers = journal.numbers()
    previous, next_seq = GENESIS, 1
    for position, number in enumerate(numbers, start=1):
        if number != position:
            return [*findings, Finding(journal.scope, position, "the header is missing")]
        try:
            commit = parse_header(journal.path_of(number).read_bytes())
        except (ValueError, KeyError, TypeError) as error:
            return [
                *findings,
                Finding(journal.scope, number, f"the header cannot be read: {error}"),
            ]
        findings.extend(
            Finding(journal.scope, number, fault)
            for fault in faults_of(commit, journal.scope, number, previous)
        )
        if commit.first_seq != next_seq:
            findings.append(Finding(journal.scope, number, "the running number has a gap"))
        findings.extend(_changed_files(journal, number))
        previous, next_seq = commit.sha256, next_seq + commit.entry_count
    if expected_head is not None and len(numbers) < expected_head:
        findings.append(
            Finding(
                journal.scope,
                len(numbers) + 1,
                f"missing: commit {expected_head} was published, the last is {len(numbers)}",
            )
        )
    return findings


def _changed_files(journal: Journal, number: int) -> list[Finding]:
    draft = parse_header(journal.path_of(number).read_bytes()).draft
    named = [*draft.promotes, *([draft.entries] if draft.entries else [])]
    findings = []
    for file in named:
        path = journal.home.root / file.path
        if not path.exists():
            findings.append(Finding(journal.scope, number, f"{file.path} is missing"))
        elif sha256_of(path) != file.sha256:
            findings.append(
                Finding(journal.scope, number, f"{file.path} was changed after sealing")
            )
    return findings
