"""One read-only question to the published file, as `loyalty sql` asks it.

Belongs here: asking, and saying clearly why something cannot be asked. Not here: how DuckDB is
locked down, which is `warehouse.published_file`.
"""

from __future__ import annotations

from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import Answer, QueryRefusedError, open_prompt

__all__ = ["Answer", "QueryRefusedError", "run_query"]

_LIMIT_CHARACTERS = 100_000


def run_query(home: Home, sql: str) -> Answer:
    """What one SELECT (or EXPLAIN of one) answers, also while a run is writing.

    Raises:
        QueryRefusedError: it is not one statement that only reads, or it does not run; the text
            says why.
        FileNotFoundError: nothing was published yet.
    """
    if len(sql) > _LIMIT_CHARACTERS:
        raise QueryRefusedError(f"the query is longer than {_LIMIT_CHARACTERS:,} characters")
    with open_prompt(home) as prompt:
        return prompt.ask_stranger(sql)
