"""Pages name cases that are there, and the sample programs are those that their cases run."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from loyalty_pipeline.cases.case_file import CASE_FILE, RULES_FILE
from loyalty_pipeline.program.loader import load_programs
from loyalty_pipeline.program.schema import json_schema
from loyalty_pipeline.program.yaml_text import read_yaml
from tests.unit.program.test_program_files import plain_json

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases"
PROGRAMS = ROOT / "data" / "programs"
SAMPLES = PROGRAMS / "samples"


@pytest.mark.parametrize("page", ["tests/cases/README.md", "docs/rules.md"])
def test_every_case_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    groups = {path.name for path in CASES.iterdir() if path.is_dir()}
    named = set(re.findall(r"`([a-z_]+/[a-z0-9_]+)`", text))
    assert len(named) > 30
    assert {name.split("/")[0] for name in named} <= groups
    assert [name for name in sorted(named) if not (CASES / name / CASE_FILE).is_file()] == []


def test_the_readme_names_every_group() -> None:
    text = (CASES / "README.md").read_text(encoding="utf-8")
    groups = sorted(path.name for path in CASES.iterdir() if path.is_dir())
    assert [group for group in groups if f"`{group}`" not in text] == []


def test_all_sample_programs_load_together() -> None:
    samples = load_programs(SAMPLES)
    assert sorted(samples) == ["consumer_rewards", "distributor_growth", "qr_scans"]
    assert sorted(path.stem for path in SAMPLES.glob("*.yaml")) == sorted(samples)
    assert not {*samples} & {*load_programs(PROGRAMS)}, "one program is there twice"


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_sample_fits_the_schema_that_it_names(file: Path) -> None:
    named = re.match(r"# yaml-language-server: \$schema=(\S+)", file.read_text(encoding="utf-8"))
    assert named is not None
    assert (file.parent / named[1]).is_file()
    jsonschema = import_module("jsonschema")  # it has no types
    value = plain_json(read_yaml(file.read_bytes()).value)
    jsonschema.Draft202012Validator(json_schema()).validate(value)


def test_cases_of_sample_programs_run_the_very_files() -> None:
    files = [PROGRAMS / "retailer_rewards.yaml", *SAMPLES.glob("*.yaml")]
    folder = PROGRAMS / "cases"
    assert sorted(path.name for path in folder.iterdir()) == sorted(file.stem for file in files)
    for file in files:
        cases = sorted(path.parent for path in (folder / file.stem).rglob(CASE_FILE))
        assert cases, f"{file} has no case"
        for case in cases:
            rules = case / RULES_FILE
            assert rules.read_bytes() == file.read_bytes(), f"{rules} is another program"
            assert rules.is_symlink(), f"{rules} is a copy, which will fall behind"
