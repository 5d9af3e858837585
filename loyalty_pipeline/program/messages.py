"""What the model refuses, in words a program manager can act on.

Belongs here: the wording of single-key errors, near names for slips of the pen, and the keys and
values that rules may have one day but this version does not support. Not here: what is wrong
between keys (`checks`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from loyalty_pipeline.program.base import shown

SECRETS = ("password", "key_passphrase", "passphrase")  # their values are never shown

# Values that the rules language knows for a key; "group of keys" stands for any mapping.
_GROUP = "group of keys"
_LATER_VALUES: dict[str, set[object]] = {
    "clawback": {"within_balance", "pending_only"},
    "expiry": {_GROUP},
}


def worded(error: ErrorDetails, key: str, known_keys: Sequence[str]) -> str:
    """The message of one error at a key; `known_keys` are those that fit beside it."""
    given = error["input"]
    context: Mapping[str, Any] = error.get("ctx", {})
    if given is None and re.fullmatch(r"[0-9]+", key):
        # In braces YAML reads 1,00,000 as the value 1 and the keys 00 and 000.
        return "a comma stands inside a number: write digits only, 100000 and not 1,00,000"
    match error["type"]:
        case "extra_forbidden":
            return _unknown_key(key, known_keys)
        case "missing":
            return "is missing"
        case "literal_error":
            return _not_among(key, given, str(context["expected"]))
        case "value_error":
            return str(context["error"])
        case "union_tag_invalid" | "union_tag_not_found":
            expected = context.get(
                "expected_tags", "'control_file', 'marker', 'rename', 'settle_time'"
            )
            return f"needs {context['discriminator']}: one of {expected}"
        case "string_pattern_mismatch" if key in ("id", "program"):
            return (
                f"{shown(given)} is no identifier: use lower case letters, digits and _, "
                f"starting with a letter, at most 40"
            )
        case "decimal_max_places":
            places = context["decimal_places"]
            return f"{shown(given)} has too many decimals: at most {places} are kept"
        case "decimal_max_digits" | "decimal_whole_digits":
            return f"{shown(given)} is too large"
        case "model_type" if key in SECRETS:
            return "a secret is never written here: name its variable, like {env: DMS_PASSWORD}"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"expected a group of keys, got {shown(given)}"
        case "tuple_type" | "list_type":
            return f"expected a list (lines that start with -), got {shown(given)}"
        case "int_type":
            return f"expected a whole number, got {shown(given)}"
        case "string_type":
            return f"expected text, got {shown(given)}: put it in quotes"
        case "too_short":
            return "needs at least one"
    return _plain_limit(error["msg"], given)


def _plain_limit(message: str, given: object) -> str:
    said = re.sub(r"^(Input|String|Value) should ", "must ", message)
    return f"{said}, got {shown(given)}"


def near_key(key: str, known: Sequence[str]) -> str | None:
    """The known key that an unknown one was probably meant to be."""
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    return near[0] if near else None


def _unknown_key(key: str, known: Sequence[str]) -> str:
    if key == "<<":
        return "merge keys (<<) are not supported: write the keys out"
    near = near_key(key, known)
    if near:
        return f"unknown key: did you mean {near}?"
    return f"unknown key: known here are {', '.join(sorted(known))}"


def _not_among(key: str, given: object, expected: str) -> str:
    value = _GROUP if isinstance(given, Mapping) else given
    later = _LATER_VALUES.get(key, set())
    if isinstance(value, str) and value in later:
        return (
            f"{shown(given)} is not supported by this version of the product: "
            f"supported is {expected}"
        )
    expected = expected.replace("True", "true")
    known = re.findall(r"'([^']*)'", expected)
    near = difflib.get_close_matches(str(given), known, n=1, cutoff=0.6)
    hint = f": did you mean {near[0]}?" if near else ""
    return f"{shown(given)} is not {'one of ' if len(known) > 1 else ''}{expected}{hint}"


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys a part of a file may have."""
    return [field.alias or name for name, field in model.model_fields.items()]
