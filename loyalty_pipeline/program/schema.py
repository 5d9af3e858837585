"""The JSON Schema of a program file, for editors: completion and early warnings.

Belongs here: the schema and its name beside the programs. Editors see the shape of a file; what
keys mean together only the loader knows.
"""

from __future__ import annotations

import json
from typing import Any

from loyalty_pipeline.program.model import Program

SCHEMA_FILE = "program.schema.json"


def json_schema() -> dict[str, Any]:
    """The schema of a program file, as JSON values."""
    schema = Program.model_json_schema(by_alias=True, mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Loyalty program",
    }


def schema_text() -> str:
    """The schema as its file holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
