"""Many cases at once: each worker is a process of its own that runs its share of them.

Belongs here: starting workers and collecting what they found. Not here: the worker's own loop,
which is `__main__`, or running one case.

A case costs some tenths of a second of processor time, so a hundred want all processors. Not
`multiprocessing`: it runs the caller's main script again in every worker.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import loyalty_pipeline
from loyalty_pipeline.cases.results import CaseResult

# A worker takes as long to start as some cases take to run.
_CASES_PER_WORKER = 10


class WorkerError(Exception):
    """A worker ended without its results."""


def worthwhile(cases: int) -> int:
    """How many workers that many cases are worth; below 2 they are run right here."""
    return min(os.cpu_count() or 1, cases // _CASES_PER_WORKER)


def run_in_workers(folders: Sequence[Path], workers: int) -> list[CaseResult]:
    """Run cases in that many processes; results come in the order of the folders.

    Raises:
        WorkerError: a process ended before its time; cases themselves only fail in their result.
    """
    shares = [folders[number::workers] for number in range(workers)]
    with ThreadPoolExecutor(workers) as threads:
        found = [result for share in threads.map(_run_share, shares) for result in share]
    return sorted(found, key=lambda result: folders.index(result.folder))


def _run_share(folders: Sequence[Path]) -> list[CaseResult]:
    package = str(Path(loyalty_pipeline.__file__).parent.parent)
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-m", "loyalty_pipeline.cases"],
        input="".join(f"{folder}\n" for folder in folders),
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    results = [_from_json(line) for line in done.stdout.splitlines()]
    if done.returncode or len(results) != len(folders):
        raise WorkerError(f"a worker ended with code {done.returncode}: {done.stderr[-2000:]}")
    return results


def as_json(result: CaseResult) -> str:
    """One line that says all of a result."""
    return json.dumps({**asdict(result), "folder": str(result.folder)})


def _from_json(line: str) -> CaseResult:
    value = json.loads(line)
    return CaseResult(
        Path(value["folder"]), value["title"], tuple(value["differences"]), value["seconds"]
    )
