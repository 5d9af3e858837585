"""The same landing from OpenSSH's own server."""

from __future__ import annotations

import os
import subprocess

import pytest
from servers import BASE_TIME, IMPATIENT, Bench
from sshd import SSHD, Sshd, make_key, sshd

from loyalty_pipeline.ingest.reject_folder import put_reject
from loyalty_pipeline.ingest.remote import HostKeyError, LoginError, ServerRefusedError
from loyalty_pipeline.program.sources import Source

pytestmark = pytest.mark.skipif(
    SSHD is None, reason="OpenSSH's sshd is not installed: apt-get install openssh-server"
)


def source_of(bench: Bench, server: Sshd, known_hosts: str, **changes: object) -> Source:
    path = bench.root / "known_hosts"
    path.write_text(known_hosts)
    return Source.model_validate(
        {
            "id": "dms",
            "host": "127.0.0.1",
            "port": str(server.port),
            "user": server.user,
            "key_file": str(server.client_key),
            "known_hosts": str(path),
            "path": str(bench.drop),
            "feeds": {"sales": {"pattern": r"sales_(?P<period>\d{4}-\d{2})\.csv"}},
            **changes,
        }
    )


def test_files_land_from_openssh_and_are_known_the_second_time(bench: Bench) -> None:
    contents = {
        f"sales_2024-{month:02d}.csv": os.urandom(size)
        for month, size in ((4, 0), (5, 1), (6, 32 * 1024), (7, 3_000_001))
    }
    for name, content in contents.items():
        bench.put(name, content)
    (bench.drop / "sales_2024-08.csv").symlink_to("/etc/passwd")
    with sshd(bench.root / "sshd") as server:
        source = source_of(bench, server, server.known_hosts_line)
        first = bench.land(source, IMPATIENT)
        second = bench.land(source, IMPATIENT)
    assert bench.kept() == contents
    assert {arrival.mtime for arrival in first.landed} == {BASE_TIME}
    assert first.ignored == ["'sales_2024-08.csv': it is a link, and links are not followed"]
    assert (second.landed, second.known) == ([], 4)


@pytest.mark.parametrize("by", ["control_file", "marker", "rename"])
def test_files_are_vouched_for_archived_and_sent_back_on_openssh(bench: Bench, by: str) -> None:
    archive, rejects = bench.root / "archive", bench.root / "rejects"
    archive.mkdir()
    rejects.mkdir()
    beside = {"control_file": ".ctl", "marker": ".done"}.get(by)
    bench.put("sales_2024-05.csv.part", control=None)
    with sshd(bench.root / "sshd") as server:
        source = source_of(
            bench, server, server.known_hosts_line, complete={"by": by},
            archive_to=str(archive), rejects_to=str(rejects),
        )  # fmt: skip
        for age, content in enumerate((b"one\n", b"two\n")):
            path = bench.put("sales_2024-04.csv", content, control=None, age=age)
            if beside:
                path.with_name(path.name + beside).touch()
            report = bench.land(source)
            assert ([a.vouched_by for a in report.landed], report.archived) == ([by], 1)
            assert report.waiting == []
        assert bench.land(source).known == 0
        assert put_reject(source, "r.csv", b"line,why\n", bench.said.append, IMPATIENT)
        assert not put_reject(source, "r.csv", b"line,why\n", bench.said.append, IMPATIENT)
        with pytest.raises(ServerRefusedError, match="another file named"):
            put_reject(source, "r.csv", b"other\n", bench.said.append, IMPATIENT)
        (archive / "sales_2024-04.csv").rename(bench.root / "moved_away")
    assert [path.name for path in bench.drop.iterdir()] == ["sales_2024-05.csv.part"]
    assert {path.name: path.read_bytes() for path in rejects.iterdir()} == {"r.csv": b"line,why\n"}
    assert (bench.root / "moved_away").read_bytes() == b"one\n"
    assert b"two\n" in {path.read_bytes() for path in archive.iterdir()}


@pytest.mark.parametrize("kind", [("ed25519",), ("rsa", "-m", "PEM"), ("ecdsa",)])
def test_a_key_with_a_passphrase_opens_the_server(
    bench: Bench, kind: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put("sales_2024-04.csv")
    monkeypatch.setenv("TEST_KEY_PASSPHRASE", "a long one")
    key = bench.root / "guarded_key"
    made = ["ssh-keygen", "-q", "-t", *kind, "-N", "a long one", "-C", "", "-f", str(key)]
    subprocess.run(made, check=True)
    with sshd(bench.root / "sshd") as server:
        authorized = bench.root / "sshd" / "authorized_keys"
        authorized.write_text(key.with_name("guarded_key.pub").read_text())
        source = source_of(
            bench, server, server.known_hosts_line, key_file=str(key),
            key_passphrase={"env": "TEST_KEY_PASSPHRASE"},
        )  # fmt: skip
        assert len(bench.land(source).landed) == 1
        monkeypatch.setenv("TEST_KEY_PASSPHRASE", "another one")
        with pytest.raises(LoginError, match="its passphrase is wrong or missing"):
            bench.land(source)


def test_an_openssh_server_with_another_key_or_broken_ciphers_is_refused(bench: Bench) -> None:
    bench.put("sales_2024-04.csv")
    other = make_key(bench.root / "other_key")
    with sshd(bench.root / "sshd") as server:
        changed = f"[127.0.0.1]:{server.port} {other}\n"
        with pytest.raises(HostKeyError, match="Nothing was sent"):
            bench.land(source_of(bench, server, changed))
        stranger = source_of(bench, server, server.known_hosts_line,
                             key_file=str(bench.root / "other_key"))  # fmt: skip
        with pytest.raises(LoginError, match="check user and key"):
            bench.land(stranger)
    with (
        sshd(bench.root / "old", "MACs hmac-sha1", "Ciphers aes256-ctr") as server,
        pytest.raises(HostKeyError, match="offers nothing that is considered safe"),
    ):
        bench.land(source_of(bench, server, server.known_hosts_line))
    assert bench.store.arrivals() == []
