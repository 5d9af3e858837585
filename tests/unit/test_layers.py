"""The direction of imports, and who may touch what (DESIGN: where things live)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "loyalty_pipeline"

# What each package may import of ours. Nothing imports cli or defs.
ALLOWED = {
    "program": set(),
    "warehouse": set(),
    "journal": {"program", "warehouse"},
    "ingest": {"program", "warehouse", "journal"},
    "earning": {"program", "warehouse", "journal", "ingest"},
    "ledger": {"program", "warehouse", "journal", "ingest", "earning"},
    "reporting": {"program", "warehouse", "journal", "ingest", "earning", "ledger"},
    "pipeline": {"program", "warehouse", "journal", "ingest", "earning", "ledger", "reporting"},
    "cases": {
        "program", "warehouse", "journal", "ingest", "earning", "ledger", "reporting", "pipeline",
    },
    "demo": {
        "program", "warehouse", "journal", "ingest", "earning", "ledger", "reporting", "pipeline",
    },
    "cli": None,
    "defs": None,
    "definitions": None,
}  # fmt: skip
# A library and the only places that may import it.
OWNERS = {
    "dagster": ("defs/", "definitions.py"),
    "duckdb": ("warehouse/",),
    "paramiko": ("ingest/sftp.py", "demo/"),
    "apprise": ("ledger/channels.py",),
}
CLOCK_READERS = ("datetime.now", "date.today", "datetime.today", "datetime.utcnow", "time.time")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_layers_below_its_own(path: Path) -> None:
    own = layer(path)
    if own == "__init__" or ALLOWED[own] is None:
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "loyalty_pipeline" and len(parts) > 1:
            assert parts[1] in {own, *ALLOWED[own]}, f"{path} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_library_is_imported_only_where_it_belongs(path: Path) -> None:
    place = str(path.relative_to(PACKAGE))
    for name in imports(path):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or place.startswith(owners), f"{path} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_one_module_reads_the_clock(path: Path) -> None:
    if path == PACKAGE / "program" / "clock.py":
        return
    text = path.read_text(encoding="utf-8")
    for reader in CLOCK_READERS:
        assert f"{reader}(" not in text, f"{path} calls {reader}: take a Clock instead"


def test_every_layer_of_the_package_is_known() -> None:
    assert {layer(path) for path in modules()} - {"__init__"} <= set(ALLOWED)


def test_pins_hold_names_and_versions_but_no_addresses() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert all("==" in line for line in text.splitlines())


@pytest.mark.parametrize(
    "path", sorted((ROOT / "sql").rglob("*.sql")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_sql_file_opens_with_what_it_means_and_reads_no_clock_and_no_float(
    path: Path,
) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- "), "the header says grain, inputs and meaning"
    code = "\n".join(line.partition("--")[0] for line in text.lower().splitlines())
    for word in ("double", "float", "real)", "current_date", "now()", "current_timestamp"):
        assert word not in code, f"{path} uses {word}"
