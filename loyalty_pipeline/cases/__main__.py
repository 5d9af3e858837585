"""A worker: folders of cases come in on standard input, their results go out as JSON lines.

Belongs here: the loop. Not here: who starts it, which is `workers`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from loyalty_pipeline.cases.runner import run_case
from loyalty_pipeline.cases.workers import as_json

if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(as_json(run_case(Path(line.rstrip("\n")))) + "\n")
