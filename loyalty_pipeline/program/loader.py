"""From program files to programs, or to every error they hold, each with its line.

Belongs here: reading files, joining the errors of the text (`yaml_text`), of single keys
(`model`, worded by `messages`), between keys (`checks`) and between files (`checks_folder`), and
putting a line to each. Not here: any rule about what a program may say.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from loyalty_pipeline.program import yaml_text
from loyalty_pipeline.program.beside import FileTrouble, read_beside
from loyalty_pipeline.program.checks import cross_field
from loyalty_pipeline.program.checks_folder import FilesTogether
from loyalty_pipeline.program.columns import CustomFields
from loyalty_pipeline.program.finding import Finding
from loyalty_pipeline.program.messages import keys_of, near_key, worded
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import NOT_PUBLISHED, PublishedRules
from loyalty_pipeline.program.yaml_text import Document


@dataclass(frozen=True, order=True)
class RuleError:
    """One mistake in a program file, and how to mend it."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return (
            f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"
        )


class ProgramFileError(Exception):
    """Program files that cannot be used; its text has one line per mistake."""

    def __init__(self, errors: Iterable[RuleError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


def load_program(
    path: Path,
    published: PublishedRules | Mapping[str, PublishedRules] = NOT_PUBLISHED,
    custom: CustomFields | None = None,
) -> Program:
    """Read one program file, and the CSV files beside it that it names.

    Args:
        path: the YAML file.
        published: what is published already, of this program or by program: the file may leave
            versions out, and cannot change how long posted cycles are.
        custom: custom fields by feed, for a program without sources of its own.

    Raises:
        ProgramFileError: with every mistake in the file.
    """
    program, _, errors = _load(path, published, custom)
    if program is None or errors:
        raise ProgramFileError(errors)
    return program


def load_programs(
    folder: Path, published: Mapping[str, PublishedRules] | None = None
) -> dict[str, Program]:
    """All program files of a folder by program; `published` is by program, too.

    Raises:
        ProgramFileError: with every mistake in every file, and where two files contradict.
    """
    if not folder.is_dir():
        raise ProgramFileError([RuleError(str(folder), 1, "", "there is no such folder")])
    programs: dict[str, Program] = {}
    errors: list[RuleError] = []
    together = FilesTogether()
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        program, document, found = _load(path, published or {})
        errors += found
        if program is not None:
            programs.setdefault(program.program, program)
            contradictions = together.findings(path, program)
            errors += [_error(path, document, finding) for finding in contradictions]
    if errors:
        raise ProgramFileError(errors)
    return programs


def _load(
    path: Path,
    published: PublishedRules | Mapping[str, PublishedRules],
    custom: CustomFields | None = None,
) -> tuple[Program | None, Document, list[RuleError]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return None, Document(), [RuleError(str(path), 1, "", f"cannot be read: {reason}")]
    document = yaml_text.read_yaml(content)
    errors = {
        RuleError(str(path), trouble.line, field_name(trouble.path, document), trouble.message)
        for trouble in document.troubles
    }
    raw = document.value
    if not isinstance(raw, dict):
        if not errors:
            message = "a program file is a group of keys: program, name, versions …"
            errors.add(RuleError(str(path), 1, "", message))
        return None, document, sorted(errors)
    raw, findings, troubles = read_beside(raw, path.parent)
    errors |= {
        RuleError(str(trouble.file), trouble.line, "", _of_file(trouble, document))
        for trouble in troubles
    }
    program = None
    try:
        program = Program.model_validate(raw, context={"in_file": True})
    except ValidationError as invalid:
        errors |= _of_single_keys(path, invalid, document)
    if isinstance(published, Mapping):
        published = published.get(str(raw.get("program")), NOT_PUBLISHED)
    errors |= {
        _error(path, document, finding)
        for finding in [*findings, *cross_field(raw, published, custom)]
    }
    return (None if errors else program), document, sorted(errors)


def _error(path: Path, document: Document, finding: Finding) -> RuleError:
    name = field_name(finding.path, document)
    return RuleError(str(path), document.line_of(finding.path), name, finding.message)


def _of_file(trouble: FileTrouble, document: Document) -> str:
    line = document.line_of(trouble.field)
    return f"{trouble.message} (for {field_name(trouble.field, document)}, line {line})"


def _of_single_keys(path: Path, invalid: ValidationError, document: Document) -> set[RuleError]:
    """The model's errors, without those that only follow from another one."""
    errors = [(_place(error, document), error) for error in invalid.errors(include_url=False)]
    errors = [(place, error) for place, error in errors if _is_meant(place, error, errors)]
    meant: set[yaml_text.Path] = set()
    for place, error in errors:
        if error["type"] == "extra_forbidden":  # a key that is misspelt is not missing as well
            near = near_key(str(place[-1]), _keys_beside(place))
            meant |= {(*place[:-1], near)} if near else set()
    return {
        _single(path, place, error, document)
        for place, error in errors
        if not (error["type"] == "missing" and place in meant)
        # a list whose items are all wrong by themselves is not too short as well
        and not (error["type"] == "too_short" and error["input"])
    }


_OF_ANOTHER_SHAPE = ("dict_type", "model_type", "model_attributes_type", "tuple_type")


def _is_meant(
    place: yaml_text.Path, error: ErrorDetails, errors: list[tuple[yaml_text.Path, ErrorDetails]]
) -> bool:
    """Whether an error is about what was meant, where a key may hold values of several shapes.

    Of a text, what is said about texts counts; of a group or a list, what is wrong inside.
    """
    beside = {other["type"] for there, other in errors if there == place} - {error["type"]}
    if isinstance(error["input"], dict | list):
        inside = any(there[: len(place)] == place and there != place for there, _ in errors)
        shapes = (*_OF_ANOTHER_SHAPE, "literal_error", "value_error", "string_type")
        return not (inside and error["type"] in shapes)
    if error["type"] in _OF_ANOTHER_SHAPE:
        return not beside - {*_OF_ANOTHER_SHAPE}
    return not (error["type"] == "literal_error" and "string_type" in beside)


def _single(
    path: Path, place: yaml_text.Path, error: ErrorDetails, document: Document
) -> RuleError:
    known = _keys_beside(place) if error["type"] == "extra_forbidden" else []
    key = str(place[-1]) if place else ""
    if error["type"] == "literal_error" and error["loc"][-1] == "[key]":
        key = str(place[-2])  # a key that must be one of a few: named by the group it is in
    message = worded(error, key, known)
    return RuleError(str(path), document.line_of(place), field_name(place, document), message)


def _place(error: ErrorDetails, document: Document) -> yaml_text.Path:
    """Where in the file an error is: pydantic's place without the names of union members."""
    found: yaml_text.Path = ()
    last = len(error["loc"]) - 1
    for number, step in enumerate(error["loc"]):
        there = (*found, step) in document.lines
        if there or (number == last and error["type"] == "missing"):
            found = (*found, step)
    return found


def field_name(path: yaml_text.Path, document: Document) -> str:
    """A place in words: items of a list by their id or first day, else by their number."""
    name = ""
    value: object = document.value
    for step in path:
        if isinstance(step, int):
            item = value[step] if isinstance(value, list) and step < len(value) else None
            label = f"#{step + 1}"
            if isinstance(item, dict):
                names = (item.get(key) for key in ("id", "event", "effective_from"))
                label = str(next((name for name in names if name), label))
            name += f"[{label}]"
            value = item
        else:
            name += f".{step}" if name else step
            value = value.get(step) if isinstance(value, dict) else None
    return name


def _keys_beside(path: yaml_text.Path) -> list[str]:
    """The keys that the part of the model around a place may have."""
    models: list[type[BaseModel]] = [Program]
    for step in path[:-1]:
        if isinstance(step, int):
            continue
        models = [
            inner
            for model in models
            for name, field in model.model_fields.items()
            if (field.alias or name) == step
            for inner in _models_in(field.annotation)
        ] or models
    return sorted({key for model in models for key in keys_of(model)})


def _models_in(annotation: object) -> list[type[BaseModel]]:
    """All models a type may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in typing.get_args(annotation) for model in _models_in(inner)]
