"""The program files of a folder, with the versions that are already published.

Belongs here: where the files are, and reading them again only when one changed. Not here: what a
file must say (`program.loader`), or publishing it (`rules`).
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.program.loader import load_programs
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import PublishedRules
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.sql_files import bundled


def programs_folder() -> Path:
    """LOYALTY_PROGRAMS, else `data/programs` of the working folder, else the sample programs."""
    configured = os.environ.get("LOYALTY_PROGRAMS")
    if configured:
        return Path(configured)
    here = Path("data/programs")
    return here if here.is_dir() else bundled("programs")


def programs_in(folder: Path, home: Home) -> dict[str, Program]:
    """The program files of a folder; versions that are published may be missing in them."""
    heads = tuple((name, program_journal(home, name).head) for name in _journals(home))
    # With the lists and codes beside them, which change without the program file.
    files = [(str(path), path.stat()) for path in sorted(folder.rglob("*")) if path.is_file()]
    stamps = tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in files)
    return dict(_programs(folder, home, heads, stamps))


@lru_cache(maxsize=4)
def _programs(
    folder: Path, home: Home, heads: tuple[tuple[str, int], ...], stamps: tuple[object, ...]
) -> dict[str, Program]:
    """Read again only when a file or a journal is another: a run asks in each of its steps."""
    return load_programs(folder, published_in(home))


def published_in(home: Home) -> dict[str, PublishedRules]:
    """What is published so far, by program."""
    return {
        name: program_state(program_journal(home, name)).published_rules for name in _journals(home)
    }


def _journals(home: Home) -> list[str]:
    journals = home.journal("program")
    return sorted(path.name for path in journals.iterdir()) if journals.is_dir() else []
