from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel

from loyalty_pipeline.program.base import (
    FromEnvironment,
    MissingSettingError,
    resolve,
)
from loyalty_pipeline.program.completeness import Expected, Marker, Rename
from loyalty_pipeline.program.file_format import OpenPgp
from loyalty_pipeline.program.limits import Cap
from loyalty_pipeline.program.loader import (
    ProgramFileError,
    RuleError,
    load_program,
    load_programs,
)
from loyalty_pipeline.program.messages import keys_of
from loyalty_pipeline.program.model import Program, Version
from loyalty_pipeline.program.rounding import Rounding
from loyalty_pipeline.program.schema import SCHEMA_FILE, json_schema, schema_text
from loyalty_pipeline.program.slabs import Band, Slabs
from loyalty_pipeline.program.sources import ControlFile, Feed, SettleTime, Source
from loyalty_pipeline.program.tier_rules import Tiers
from loyalty_pipeline.program.yaml_text import read_yaml

ROOT = Path(__file__).parents[3]
PROGRAMS = ROOT / "data" / "programs"
RULES_PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")

SOURCE = """\
sources:
  - id: dms
    host: h
    user: u
    password: {env: LOYALTY_TEST_PASSWORD}
    known_hosts: k
    feeds:
      sales: {pattern: 'sales\\.csv', columns: {amount: value}}
"""
COUPONS = """\
    coupons: [{id: gift, codes: codes.csv, valid_days: 30}]
    rulesets:
      - event: transaction
        match: all
        rules: [{id: thanks, when: "amount >= 100", then: [{coupon: gift}]}]
"""


def plain_json(value: object) -> object:
    """YAML values as an editor's JSON validator sees them."""
    if isinstance(value, dict):
        return {key: plain_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain_json(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def errors_in(path: Path) -> list[RuleError]:
    with pytest.raises(ProgramFileError) as caught:
        load_program(path)
    return list(caught.value.errors)


def test_the_sample_program_is_the_seeds_with_its_gap_filled_openly() -> None:
    program = load_programs(PROGRAMS)["retailer_rewards"]
    (version,) = program.versions
    assert version.slabs is not None
    assert version.slabs.gaps == "carry_lower"
    assert [band.rate * 600_000 for band in version.slabs.bands[:1]] == [1200]
    text = (PROGRAMS / "retailer_rewards.yaml").read_text(encoding="utf-8")
    assert "8,00,000 in two slabs" in text
    assert "12 to 20 lakh undefined" in text


def test_the_schema_file_is_current() -> None:
    assert (PROGRAMS / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text(), (
        "write it again from loyalty_pipeline.program.schema.schema_text()"
    )


def test_the_sample_fits_the_schema_and_a_misspelt_key_does_not() -> None:
    jsonschema = import_module("jsonschema")  # it has no types
    validator = jsonschema.Draft202012Validator(json_schema())
    value = plain_json(read_yaml((PROGRAMS / "retailer_rewards.yaml").read_bytes()).value)
    validator.validate(value)
    assert isinstance(value, dict)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**value, "curency": "INR"})


@pytest.mark.parametrize(
    "model",
    [
        Program,
        Version,
        Rounding,
        Slabs,
        Band,
        Tiers,
        Cap,
        Source,
        Feed,
        ControlFile,
        Marker,
        Rename,
        SettleTime,
        Expected,
        OpenPgp,
        FromEnvironment,
    ],
)
def test_every_key_is_explained(model: type[BaseModel]) -> None:
    assert [key for key in keys_of(model) if f"`{key}`" not in RULES_PAGE] == []


def test_the_example_of_the_rules_page_loads(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(program:.*?)```", RULES_PAGE, re.DOTALL)
    assert len(examples) == 1
    program = load_program(written(tmp_path, "example.yaml", examples[0]))
    assert program.versions[0].caps[0].points == 15_000
    assert program.sources[0].feeds["sales"].columns["amount"] == "net_value"


def of_two_programs(folder: Path, text: str, unlike: tuple[str, str] = ("#", "#")) -> RuleError:
    """The one error in the second of two programs that say the same, but for their names."""
    written(folder, "a.yaml", text)
    other = text.replace("program: rewards", "program: others").replace(*unlike)
    written(folder, "b.yaml", other)
    with pytest.raises(ProgramFileError) as caught:
        load_programs(folder)
    (error,) = caught.value.errors
    assert Path(error.file).name == "b.yaml"
    return error


def test_a_source_of_two_programs_is_defined_equally_in_both(tmp_path: Path, text: str) -> None:
    written(tmp_path, "a.yaml", text + SOURCE)
    written(tmp_path, "b.yaml", (text + SOURCE).replace("program: rewards", "program: others"))
    assert list(load_programs(tmp_path)) == ["rewards", "others"]
    error = of_two_programs(tmp_path, text + SOURCE, ("host: h", "host: elsewhere"))
    assert (error.line, error.field) == (24, "sources[dms]")
    assert "a.yaml defines the source dms differently" in error.message


def test_redemptions_are_of_one_program(tmp_path: Path, text: str) -> None:
    """Both would take the points of each: a partner would pay twice."""
    both = text + SOURCE + "      redemptions: {pattern: 'redemptions.*'}\n"
    error = of_two_programs(tmp_path, both)
    assert (error.line, error.field) == (24, "sources[dms]")
    assert "give redemptions a source of their own that one program reads" in error.message


def test_codes_of_coupons_are_of_one_program(tmp_path: Path, text: str) -> None:
    """Both would issue each: two partners with one code."""
    written(tmp_path, "codes.csv", "code\nA1\nA2\n")
    error = of_two_programs(tmp_path, text + COUPONS)
    assert error.field == "versions[2024-04-01].coupons[gift].codes"
    assert "a.yaml gives out the code A1 and 1 more too" in error.message


def test_mistakes_of_all_files_of_a_folder_come_together(tmp_path: Path, text: str) -> None:
    written(tmp_path, "a.yaml", text)
    written(tmp_path, "b.yml", text)
    written(tmp_path, "c.yaml", text.replace("INR", "inr"))
    with pytest.raises(ProgramFileError) as caught:
        load_programs(tmp_path)
    found = [(Path(error.file).name, error.line, error.field) for error in caught.value.errors]
    assert found == [("b.yml", 1, "program"), ("c.yaml", 3, "currency")]


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "words"),
    [
        (
            "env: LOYALTY_TEST_PASSWORD}",
            "env: X, default: y}",
            27,
            "password.default",
            "has no default",
        ),
        ("{env: LOYALTY_TEST_PASSWORD}", "open-sesame", 27, "password", "a secret is never"),
        ("user: u", "user: {evn: USER}", 26, "user.evn", "did you mean env?"),
        ("known_hosts: k\n", "\n", 24, "known_hosts", "is missing"),
        ("{amount: value}", "{amuont: value}", 30, "columns.amuont", "did you mean amount?"),
        (r"sales\.csv", "sales(", 30, "sales.pattern", "is no regular expression"),
        (r"sales\.csv", "[[]]sales", 30, "sales.pattern", "Possible nested set"),
        (r"sales\.csv", "(?P<day>x)", 30, "sales.pattern", "unknown group day"),
        ("sales: {", "sale: {", 30, "feeds.sale", "did you mean sales?"),
        ("host: h", "host: h\n    date_format: YYYY", 26, "date_format", "without guessing"),
        ("host: h", "host: h\n    delimiter: ab", 26, "delimiter", "is no single character"),
        ("host: h", "host: h\n    complete: {by: hope}", 26, "complete", "needs 'by'"),
        ("host: h", "host: h\n    max_reject_rate: 5", 26, "max_reject_rate", "percent sign"),
        ("host: h", "host: h\n    encoding: utf-9", 26, "encoding", "is no known encoding"),
    ],
)
def test_a_mistake_in_a_source_is_named(
    tmp_path: Path, text: str, old: str, new: str, line: int, field: str, words: str
) -> None:
    (error,) = errors_in(written(tmp_path, "p.yaml", (text + SOURCE).replace(old, new)))
    assert (error.line, words in error.message) == (line, True), str(error)
    assert error.field.endswith(field)


def test_a_message_never_shows_what_stands_in_place_of_a_secret(tmp_path: Path, text: str) -> None:
    program = (text + SOURCE).replace("{env: LOYALTY_TEST_PASSWORD}", "open-sesame")
    with pytest.raises(ProgramFileError) as caught:
        load_program(written(tmp_path, "p.yaml", program))
    assert "open-sesame" not in str(caught.value)


def test_a_setting_is_text_a_number_or_a_variable_read_when_it_is_needed(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (text + SOURCE).replace("host: h", "host: h\n    port: 2222")
    (source,) = load_program(written(tmp_path, "p.yaml", program)).sources
    assert resolve(source.port, "port") == "2222"
    monkeypatch.delenv("LOYALTY_TEST_PASSWORD", raising=False)
    with pytest.raises(MissingSettingError, match="LOYALTY_TEST_PASSWORD, which is not set"):
        resolve(source.password, "the password")
    monkeypatch.setenv("LOYALTY_TEST_PASSWORD", "x")
    assert resolve(source.password, "the password") == "x"
    assert resolve(FromEnvironment(env="LOYALTY_TEST_UNSET", default="d"), "it") == "d"


def test_yaml_is_read_exactly() -> None:
    text = b"a: [0.1, 10, on, no, 010, 1e5, 12:30, 2024-02-29, 2023-02-29, ~, true, '7']\n"
    assert read_yaml(text).value == {
        "a": [
            Decimal("0.1"),
            10,
            "on",
            "no",
            "010",
            "1e5",
            "12:30",
            date(2024, 2, 29),
            "2023-02-29",
            None,
            True,
            "7",
        ]
    }
