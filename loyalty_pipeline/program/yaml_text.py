"""YAML read exactly: no floats, no YAML 1.1 surprises, and a line number for everything.

Belongs here: text to plain values. A scalar without quotes is null, true, false, a whole
number, a decimal or a date when it looks exactly like one, else text: `yes`, `on`, `1_000`,
`0x10`, `1e5`, `12:30` and `010` stay text, and whoever expects a number refuses them. Aliases,
tags and merge keys are refused. Not here: what the values mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import yaml

Path = tuple[str | int, ...]

MAX_BYTES = 1_000_000

_PLAIN_TAGS = {
    "tag:yaml.org,2002:str",
    "tag:yaml.org,2002:seq",
    "tag:yaml.org,2002:map",
}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}


@dataclass(frozen=True)
class Trouble:
    """Something wrong with the text itself."""

    line: int
    path: Path
    message: str


@dataclass
class Document:
    """The value of a YAML text, where each part of it stands, and what is wrong with it."""

    value: object = None
    lines: dict[Path, int] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)

    def line_of(self, path: Path) -> int:
        """The line of a part, or of the nearest part around it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Loader(yaml.BaseLoader):
    """Composes nodes only, and refuses aliases, which could be endless."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            message = "aliases (*name) are not supported: write it out"
            raise yaml.composer.ComposerError(None, None, message, self.get_mark())
        return super().compose_node(parent, index)


def read_yaml(content: bytes) -> Document:
    """Read a YAML text; troubles are collected, as far as the text can be followed."""
    document = Document()
    node = _compose(content, document)
    if node is not None:
        document.value = _value(node, (), document)
    return document


def _compose(content: bytes, document: Document) -> yaml.Node | None:
    def stop(line: int, message: str) -> None:
        document.troubles.append(Trouble(line, (), message))

    if len(content) > MAX_BYTES:
        stop(1, f"the file has more than {MAX_BYTES:,} bytes")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        stop(line, "a byte is not UTF-8: save the file in the encoding UTF-8")
        return None
    try:
        loader = _Loader(text)
        node: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        context = f" ({error.context})" if error.context else ""
        stop(mark.line + 1 if mark else 1, f"this is no YAML: {error.problem}{context}")
        return None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        stop(line, f"character #x{ord(text[error.position]):04x} is not allowed here")
        return None
    except RecursionError:
        stop(1, "the file is nested too deeply")
        return None
    if node is None:
        stop(1, "the file is empty")
    return node


def _value(node: yaml.Node, path: Path, document: Document) -> object:
    line = node.start_mark.line + 1
    document.lines.setdefault(path, line)
    if node.tag not in _PLAIN_TAGS:
        message = f"the tag {node.tag} is not supported: leave it out"
        document.troubles.append(Trouble(line, path, message))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, number), document) for number, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    raise TypeError(f"YAML has no such node: {type(node).__name__}")


def _mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, object]:
    found: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.troubles.append(Trouble(line, path, "a key must be a word, not a group"))
            continue
        key = key_node.value
        here = (*path, key)
        if key in found:
            first = document.lines[here]
            message = f"the key is there twice, first on line {first}: keep one"
            document.troubles.append(Trouble(line, here, message))
            continue
        document.lines[here] = line
        found[key] = _value(value_node, here, document)
    return found


def _scalar(node: yaml.ScalarNode) -> object:
    text: str = node.value
    if node.style is not None:  # quoted or a block: text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text) and len(text) <= 40:
        return int(text)
    if _DECIMAL.fullmatch(text) and len(text) <= 40:
        return Decimal(text)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:  # 30 February: text, which no date accepts
            return text
    return text
