"""Example cases as data: folders that say what comes in and what must come out (SPEC 9).

Belongs here: reading a case, running it in a home of its own, comparing tables, and telling the
differences so that a program manager can act on them. Not here: the flow itself, which is
`pipeline`, or the command that calls this.
"""

from loyalty_pipeline.cases.results import CaseResult, report
from loyalty_pipeline.cases.runner import run_case, run_cases

__all__ = ["CaseResult", "report", "run_case", "run_cases"]
