"""The built wheel carries its SQL and its sample program, and runs without the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_runs_on_its_own(tmp_path: Path) -> None:
    built = tmp_path / "built"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [wheel] = built.glob("*.whl")
    unpacked = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    packed = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*.sql")}
    ours = {
        f"loyalty_pipeline/_bundled/{path.relative_to(ROOT)}"
        for path in (ROOT / "sql").rglob("*.sql")
    }
    assert packed == ours
    environment = {
        **os.environ,
        "PYTHONPATH": str(unpacked),
        "LOYALTY_HOME": str(tmp_path / "home"),
    }
    environment.pop("LOYALTY_PROGRAMS", None)
    told = subprocess.run(
        [sys.executable, "-c", "from loyalty_pipeline.cli import main; main()", "demo"],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "Liability" in told.stdout
    where = subprocess.run(
        [sys.executable, "-c", "import loyalty_pipeline; print(loyalty_pipeline.__file__)"],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert where.stdout.startswith(str(unpacked))
