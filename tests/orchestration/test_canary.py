"""Three secrets of a recognisable value are used, and used wrongly, and appear nowhere.

A password, the passphrase of a key and one of OpenPGP: not in what is printed, not in logs or
errors (chained ones included), not in anything Dagster or the product keeps.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import paramiko
import pytest
from click.testing import CliRunner

from loyalty_pipeline.cli import main
from loyalty_pipeline.demo.server import SftpServer
from loyalty_pipeline.ingest.reject_folder import put_reject
from loyalty_pipeline.ingest.remote import Patience, SftpError
from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.published_file import open_reader
from tests.orchestration.shop import PROGRAM, SALES, Shop, shop

# Not in one piece, since tracebacks quote this file.
PASSWORD, KEY, OPENPGP = ("-".join(("canary", name, "271828")) for name in ("pw", "key", "pgp"))
CANARY = "-271828"
HASTY = Patience(seconds=1, attempts=2, back_off=0.01)
needs_gpg = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")

BY_PASSWORD = "password: {env: DMS_PASSWORD}"
BY_KEY = "key_file: {env: DMS_KEY}\n    key_passphrase: {env: DMS_KEY_PASSPHRASE}"
ENCRYPTED = "openpgp: {home: {env: DMS_GNUPG}, passphrase: {env: DMS_GNUPG_PASSPHRASE}}"


@dataclass
class World:
    """A shop, and everything that was said in it."""

    shop: Shop
    root: Path
    said: list[str] = field(default_factory=list)

    def write_rules(self, way_in: str = BY_PASSWORD, more: str = ENCRYPTED) -> Path:
        self.shop.write_rules()
        path = self.shop.programs / f"{PROGRAM}.yaml"
        path.write_text(path.read_text().replace(BY_PASSWORD, f"{way_in}\n    {more}"))
        return path

    def source(self) -> Source:
        return load_program(self.shop.programs / f"{PROGRAM}.yaml").sources[0]

    def command(self, *words: str, succeeds: bool = True) -> str:
        environment = {
            "LOYALTY_HOME": str(self.shop.home.root), "LOYALTY_PROGRAMS": str(self.shop.programs)
        }  # fmt: skip
        result = CliRunner().invoke(main, words, env=environment)
        told = result.output
        if result.exception is not None:
            told += everything_of(result.exception)
        self.said.append(told)
        assert (result.exit_code == 0) == succeeds, told
        return told

    def fails(self, work: Any) -> str:
        """What a failure says: its text, those it came from, their tracebacks and values."""
        with pytest.raises((SftpError, dg.DagsterError, Exception)) as failure:
            work()
        told = everything_of(failure.value)
        self.said.append(told)
        return told


def everything_of(error: BaseException) -> str:
    """An error and all it is chained to, shown or hidden."""
    told = ["".join(traceback.format_exception(error))]
    seen: set[int] = set()
    rest: list[BaseException | None] = [error]
    while rest:
        one = rest.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            told += [repr(one), str(one), repr(one.args), repr(vars(one))]
            rest += [one.__cause__, one.__context__]
    return "\n".join(told)


def gpg(home: Path, *words: str, data: bytes = b"") -> bytes:
    done = subprocess.run(
        ["gpg", "--homedir", home, "--batch", "--no-tty", "--quiet", "--pinentry-mode", "loopback",
         "--passphrase", OPENPGP, "--trust-model", "always", *words],
        input=data, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A shop whose server wants a password and whose files are encrypted for us."""
    monkeypatch.setattr("loyalty_pipeline.ingest.remote.PATIENT", HASTY)
    monkeypatch.setattr("loyalty_pipeline.ingest.landing.land.__defaults__", (HASTY,))
    monkeypatch.setattr("secrets.token_urlsafe", lambda *_: PASSWORD)  # the server's own
    ring = Path(tempfile.mkdtemp(prefix="gpg"))
    folder = tmp_path / "dagster_home"
    folder.mkdir()
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    instance = dg.DagsterInstance.from_config(str(folder))
    gpg(ring, "--quick-generate-key", "us@example.com", "default", "default", "never")
    key = tmp_path / "key"
    paramiko.ECDSAKey.generate().write_private_key_file(str(key), KEY)
    key.chmod(0o600)
    with shop(tmp_path / "shop", instance) as found:
        os.environ.update(
            DMS_KEY=str(key), DMS_KEY_PASSPHRASE=KEY,
            DMS_GNUPG=str(ring), DMS_GNUPG_PASSPHRASE=OPENPGP,
        )  # fmt: skip
        assert os.environ["DMS_PASSWORD"] == PASSWORD
        yield World(found, tmp_path)
    subprocess.run(["gpgconf", "--homedir", ring, "--kill", "all"], check=False)
    shutil.rmtree(ring)


def deliver(world: World, name: str) -> None:
    """An encrypted sales file with its control file."""
    row = ["A1", "invoice", "2024-04-10", "P1", "D1", "1", "2000"]
    world.shop.deliver(name, SALES, [row])
    path = world.shop.folder / name
    ring = Path(os.environ["DMS_GNUPG"])
    path.write_bytes(
        gpg(ring, "--encrypt", "--recipient", "us@example.com", data=path.read_bytes())
    )
    path.with_name(f"{name}.ctl").write_text("rows=1\n")


def published_text(world: World) -> str:
    """Every value of every table and view of the published file."""
    with open_reader(world.shop.home) as reader:
        names = reader.ask(
            "select table_name from information_schema.tables where table_schema = 'main'"
        ).rows
        return "\n".join(str(reader.ask(f'select * from "{name}"').rows) for (name,) in names)


@needs_gpg
def test_no_secret_is_said_or_kept_whatever_goes_wrong(
    world: World,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "paramiko"):
        everything_works(world)
        for wrong in (
            wrong_password, wrong_openpgp_passphrase, unreachable_server, changed_host_key,
            key_the_server_refuses, wrong_key_passphrase, bad_key_file, missing_secret,
        ):  # fmt: skip
            wrong(world)
    out, err = capfd.readouterr()
    assert "sales_2024-04.csv" in out + err + caplog.text
    for place, text in {
        "output": out + err, "log": caplog.text, "said": "\n".join(world.said),
        "published": published_text(world),
    }.items():  # fmt: skip
        assert CANARY not in text, (place, text[max(0, text.index(CANARY) - 300) :][:400])
    files = [path for path in world.root.rglob("*") if path.is_file() and not path.is_symlink()]
    kept = {str(path): path.read_bytes() for path in files}
    assert any(b"sales_2024-04.csv" in data for name, data in kept.items() if "dagster" in name)
    assert any(b"sales_2024-04.csv" in data for name, data in kept.items() if "/journal/" in name)
    assert [name for name, data in kept.items() if CANARY.encode() in data] == []


def everything_works(world: World) -> None:
    path = world.write_rules()
    deliver(world, "sales_2024-04.csv")
    world.shop.drop()
    world.shop.cycle("2024-04")
    world.shop.tick("new_files_dms")
    world.command("run", "--as-of", "2025-01-20")
    other = world.root / "other.yaml"
    other.write_text(path.read_text().replace("rate: 10%", "rate: 12%"))
    for words in (("rules", "show"), ("rules", "check", str(path)), ("files",), ("stale",),
                  ("rules", "diff", str(path), str(other)), ("ledger", "verify")):  # fmt: skip
        world.command(*words)
    world.said.append(repr(world.source()))
    world.said.append(repr(load_program(path)))


def every_way_fails(world: World, told: str) -> None:
    """A run of Dagster, a tick of the sensor, the command line, and putting a reject file."""
    failed = world.shop.drop(succeeds=False)
    world.said += [str(event) for event in failed.all_events]
    world.said += [repr(event.event_specific_data) for event in failed.all_events]
    world.fails(lambda: world.shop.tick("new_files_dms"))
    assert told in world.command("run", "--as-of", "2025-01-20", succeeds=False)
    source = world.source().model_copy(update={"rejects_to": "/rejects"})
    world.fails(lambda: put_reject(source, "r.csv", b"x", world.said.append, HASTY))


def wrong_password(world: World) -> None:
    os.environ["DMS_PASSWORD"] = f"wrong-{PASSWORD}"
    every_way_fails(world, "refuses the login of user")
    os.environ["DMS_PASSWORD"] = PASSWORD


def wrong_openpgp_passphrase(world: World) -> None:
    os.environ["DMS_GNUPG_PASSPHRASE"] = f"wrong-{OPENPGP}"
    subprocess.run(["gpgconf", "--homedir", os.environ["DMS_GNUPG"], "--kill", "all"], check=False)
    deliver(world, "sales_2024-05.csv")
    subprocess.run(["gpgconf", "--homedir", os.environ["DMS_GNUPG"], "--kill", "all"], check=False)
    world.shop.drop()
    told = world.command("files", "--status", "refused")
    assert "sales_2024-05.csv" in told
    assert "passphrase" in told
    os.environ["DMS_GNUPG_PASSPHRASE"] = OPENPGP


def unreachable_server(world: World) -> None:
    port = os.environ["DMS_PORT"]
    os.environ["DMS_PORT"] = "1"
    line = world.shop.server.known_hosts_line.replace(port, "1")
    known = Path(os.environ["DMS_KNOWN_HOSTS"])
    right = known.read_text()
    known.write_text(line)
    every_way_fails(world, "cannot connect")
    known.write_text(right)
    os.environ["DMS_PORT"] = port


def changed_host_key(world: World) -> None:
    known = Path(os.environ["DMS_KNOWN_HOSTS"])
    right = known.read_text()
    with SftpServer(world.root) as other:
        known.write_text(other.known_hosts_line.replace(str(other.port), os.environ["DMS_PORT"]))
    every_way_fails(world, "Nothing was sent")
    known.write_text(right)


def key_the_server_refuses(world: World) -> None:
    world.write_rules(BY_KEY)
    every_way_fails(world, "check user and key")


def wrong_key_passphrase(world: World) -> None:
    os.environ["DMS_KEY_PASSPHRASE"] = f"wrong-{KEY}"
    every_way_fails(world, "passphrase is wrong or missing")
    os.environ["DMS_KEY_PASSPHRASE"] = KEY


def bad_key_file(world: World) -> None:
    key = Path(os.environ["DMS_KEY"])
    right = key.read_bytes()
    key.write_text("no key at all")
    every_way_fails(world, "is no private key")
    key.write_bytes(right)


def missing_secret(world: World) -> None:
    del os.environ["DMS_KEY_PASSPHRASE"]
    every_way_fails(world, "DMS_KEY_PASSPHRASE, which is not set")
    os.environ["DMS_KEY_PASSPHRASE"] = KEY
