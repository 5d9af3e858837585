"""Conditions of rules, as SQL understands them.

Belongs here: the part of the language that `programs` writes: and, or, not, comparisons, between,
in, like, is null, literals and columns. Not here: which columns an event has (`events`).

Null is unknown: a comparison with it is neither true nor false, and what is not true at the end
does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

Value = str | Decimal | date | bool | None

_TOKEN = re.compile(r"\s*('[^']*'|[0-9]+(?:\.[0-9]+)?|[a-z_][a-z0-9_]*|<>|<=|>=|[=<>(),-])")


def holds(text: str, columns: Mapping[str, Value], lists: Mapping[str, Collection[str]]) -> bool:
    """Whether a condition is true of an event."""
    reader = _Reader(text, columns, lists)
    found = reader.either()
    if reader.rest:
        raise ValueError(f"cannot read the end of {text!r}: {reader.rest}")
    return found is True


class _Reader:
    """Reads a condition from left to right, and its truth along the way."""

    def __init__(
        self, text: str, columns: Mapping[str, Value], lists: Mapping[str, Collection[str]]
    ) -> None:
        self.rest: list[str] = _TOKEN.findall(text)
        self._columns = columns
        self._lists = lists

    def _next_is(self, *words: str) -> bool:
        if self.rest[: len(words)] == list(words):
            del self.rest[: len(words)]
            return True
        return False

    def either(self) -> bool | None:
        sides = [self.both()]
        while self._next_is("or"):
            sides.append(self.both())
        if True in sides:
            return True
        return None if None in sides else False

    def both(self) -> bool | None:
        sides = [self.one()]
        while self._next_is("and"):
            sides.append(self.one())
        if False in sides:
            return False
        return None if None in sides else True

    def one(self) -> bool | None:
        if self._next_is("not"):
            inner = self.one()
            return None if inner is None else not inner
        if self._next_is("("):
            found = self.either()
            if not self._next_is(")"):
                raise ValueError("a bracket is not closed")
            return found
        if self._next_is("true"):
            return True
        if self._next_is("false"):
            return False
        return self._comparison()

    def _comparison(self) -> bool | None:
        left = self._value()
        if self._next_is("is", "not", "null"):
            return left is not None
        if self._next_is("is", "null"):
            return left is None
        negated = self._next_is("not")
        found = self._predicate(left)
        return None if found is None else found != negated

    def _predicate(self, left: Value) -> bool | None:
        if self._next_is("between"):
            low = self._value()
            if not self._next_is("and"):
                raise ValueError("between needs an and")
            high = self._value()
            below, above = _compared(left, ">=", low), _compared(left, "<=", high)
            if below is False or above is False:
                return False
            return None if below is None or above is None else True
        if self._next_is("in"):
            return self._membership(left)
        if self._next_is("like"):
            pattern = self._value()
            if left is None or pattern is None:
                return None
            shape = "".join(
                ".*" if char == "%" else "." if char == "_" else re.escape(char)
                for char in str(pattern)
            )
            return re.fullmatch(shape, str(left), re.DOTALL) is not None
        operator = self.rest.pop(0)
        return _compared(left, operator, self._value())

    def _membership(self, left: Value) -> bool | None:
        if not self._next_is("("):
            members = self._lists[self.rest.pop(0)]
            return None if left is None else str(left) in members
        values = [self._value()]
        while self._next_is(","):
            values.append(self._value())
        if not self._next_is(")"):
            raise ValueError("a list is not closed")
        answers = [_compared(left, "=", value) for value in values]
        if True in answers:
            return True
        return None if None in answers else False

    def _value(self) -> Value:
        word = self.rest.pop(0)
        if word == "-":
            return -Decimal(self.rest.pop(0))
        if word.startswith("'"):
            return word[1:-1]
        if word[0].isdigit():
            return Decimal(word)
        if word not in self._columns:
            raise ValueError(f"the event has no column {word}")
        return self._columns[word]


def _compared(left: Value, operator: str, right: Value) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(left, date) and isinstance(right, str):
        right = date.fromisoformat(right)
    answers: dict[str, bool] = {
        "=": left == right,
        "<>": left != right,
    }
    if operator not in answers:
        answers |= {
            "<": left < right,  # type: ignore[operator]
            "<=": left <= right,  # type: ignore[operator]
            ">": left > right,  # type: ignore[operator]
            ">=": left >= right,  # type: ignore[operator]
        }
    return answers[operator]
