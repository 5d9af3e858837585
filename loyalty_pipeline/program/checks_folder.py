"""What the program files of one folder may not have in common.

Belongs here: where two files contradict, or would count or give out one thing twice. Not here: what
one file may say (`checks`), or reading files (`loader`).
"""

from __future__ import annotations

from pathlib import Path

from loyalty_pipeline.program.finding import Finding
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import Source


class FilesTogether:
    """The files of a folder, one after the other."""

    def __init__(self) -> None:
        self._programs: dict[str, Path] = {}
        self._sources: dict[str, tuple[Path, Source]] = {}
        self._codes: dict[str, Path] = {}  # of pools of coupons

    def findings(self, path: Path, program: Program) -> list[Finding]:
        """What is wrong with one more file beside those before it."""
        other = self._programs.setdefault(program.program, path)
        if other != path:
            message = f"{other} has a program {program.program} too: give each its own"
            return [Finding(("program",), message)]
        return [*self._of_sources(path, program), *self._of_codes(path, program)]

    def _of_sources(self, path: Path, program: Program) -> list[Finding]:
        found = []
        for number, source in enumerate(program.sources):
            other, same = self._sources.setdefault(source.id, (path, source))
            message = _refusal(source, same, other) if other != path else None
            if message is not None:
                found.append(Finding(("sources", number), message))
        return found

    def _of_codes(self, path: Path, program: Program) -> list[Finding]:
        """One finding for each pool with codes that another program gives out, too."""
        found = []
        for version_no, version in enumerate(program.versions):
            for coupon_no, coupon in enumerate(version.coupons):
                givers = [(c, self._codes.setdefault(c, path)) for c in coupon.pool or ()]
                shared = [(code, other) for code, other in givers if other != path]
                if shared:
                    code, other = shared[0]
                    more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
                    message = (
                        f"{other} gives out the code {code}{more} too: each would be issued "
                        f"twice; give every program codes of its own"
                    )
                    where = ("versions", version_no, "coupons", coupon_no, "codes")
                    found.append(Finding(where, message))
        return found


def _refusal(source: Source, same: Source, other: Path) -> str | None:
    """Why a program cannot read a source that the file `other` defines, too."""
    if same != source:
        return (
            f"{other} defines the source {source.id} differently: a source that two programs "
            f"read is landed once, so make them equal or rename one"
        )
    if "redemptions" in source.feeds:
        return (
            f"{other} reads the redemptions of {source.id} too: each would be taken from the "
            f"points of both programs; give redemptions a source of their own that one program "
            f"reads"
        )
    return None
