"""Encrypted files: intact, for us, and signed by whom the contract names, or refused."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from feed_files import Reader, a_source, sales
from wrapped_files import LATER, Keyring, a_keyring, gzipped, needs_gpg, workbook_of, zipped

from loyalty_pipeline.ingest import openpgp, unpacking
from loyalty_pipeline.ingest.read_feed import RefusedFile, StagedFile
from loyalty_pipeline.program.file_format import OpenPgp

pytestmark = needs_gpg
GOOD = sales("D1,invoice,1,2025-04-01,P1,1,A,10.5").encode()


@pytest.fixture(scope="module")
def keys() -> Iterator[Keyring]:
    with a_keyring() as ring:
        yield ring


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def told(reader: Reader, data: bytes, contract: dict, **form: object) -> str:
    outcome = reader.read(data, source=a_source(openpgp=contract, **form))
    assert isinstance(outcome, RefusedFile), outcome
    left = [path.name for path in reader.home.root.rglob("*") if path.is_file()]
    assert left == ["plain-source-dms.lock"]
    (reason,) = outcome.reasons
    return reason


@pytest.mark.parametrize(
    ("form", "wrap"),
    [
        ({}, lambda data: data),
        ({"compression": "gzip"}, gzipped),
        ({"compression": "zip"}, lambda data: zipped(("a.csv", data))),
        ({"file": "xlsx"}, workbook_of),
        ({"encoding": "utf-16"}, lambda data: data.decode().encode("utf-16")),
    ],
)
def test_an_encrypted_file_is_read_whatever_is_inside(
    reader: Reader, keys: Keyring, form: dict, wrap
) -> None:
    data = keys.encrypted(wrap(GOOD), signer="them")
    for contract in (keys.contract(), keys.contract(signed_by=keys.them)):
        outcome = reader.read(data, source=a_source(openpgp=contract, **form))
        assert isinstance(outcome, StagedFile), outcome
        assert outcome.lines.sha256 == reader.read(GOOD).lines.sha256


def test_armoured_text_is_read_too(reader: Reader, keys: Keyring) -> None:
    data = keys.encrypted(GOOD, "--armor")
    outcome = reader.read(data, source=a_source(openpgp=keys.contract()))
    assert isinstance(outcome, StagedFile)


def test_a_file_must_be_encrypted_and_whole(reader: Reader, keys: Keyring) -> None:
    contract = keys.contract()
    data = keys.encrypted(GOOD)
    signed_only = keys.run("--local-user", "them", "--sign", data=GOOD)
    flipped = bytearray(data)
    flipped[-10] ^= 1
    no_integrity = keys.encrypted(GOOD, "--rfc2440", "--disable-mdc")
    for wreck, expected in [
        (GOOD, "is not encrypted with OpenPGP"),
        (b"", "is not encrypted with OpenPGP"),
        (signed_only, "is not encrypted with OpenPGP"),
        (gzip.compress(GOOD), "is not encrypted with OpenPGP"),
        (data[:-20], "damaged or cut off"),
        (data[:60], "delivered again"),
        (data[:8], "delivered again"),
        (bytes(flipped), "damaged or cut off"),
        (no_integrity, "does not protect it against changes"),
        (data + data, "more than one OpenPGP message"),
        (signed_only + data, "is not encrypted with OpenPGP"),
        (data + b"junk", "calls it unsound"),
    ]:
        assert expected in told(reader, wreck, contract)


def test_a_signature_must_be_there_and_be_theirs(reader: Reader, keys: Keyring) -> None:
    contract = keys.contract(signed_by=keys.them)
    assert "it is not signed" in told(reader, keys.encrypted(GOOD), contract)
    by_stranger = told(reader, keys.encrypted(GOOD, signer="stranger"), contract)
    assert f"signed by {keys.stranger}, not by {keys.them}" in by_stranger
    unknown = keys.encrypted(GOOD, signer="stranger")
    other = keys.contract(signed_by="A" * 40)
    assert "not by AAAA" in told(reader, unknown, other)
    both = keys.encrypted(GOOD, "--local-user", "stranger", signer="them")
    assert "not by" in told(reader, both, contract)


def test_a_signature_by_a_key_we_do_not_have_is_refused(reader: Reader, keys: Keyring) -> None:
    with a_keyring() as theirs:
        theirs.run("--import", data=keys.run("--export", keys.us))
        data = theirs.run(
            "--local-user", "them", "--sign", "--recipient", keys.us, "--encrypt", data=GOOD
        )
        contract = keys.contract(signed_by=theirs.them)
        assert "signed by a key that we do not have" in told(reader, data, contract)
        # It is not asked for: the signature says nothing, and the file is intact.
        source = a_source(openpgp=keys.contract())
        assert isinstance(reader.read(data, source=source), StagedFile)


def test_a_key_that_has_expired_or_was_revoked_signs_nothing(reader: Reader, keys: Keyring) -> None:
    expired = keys.expired()
    data = keys.encrypted(GOOD, signer="expired", faked=LATER)
    assert "key has expired" in told(reader, data, keys.contract(signed_by=expired))
    with a_keyring() as other:
        signed = other.encrypted(GOOD, signer="them")
        certificate = (other.home / "openpgp-revocs.d" / f"{other.them}.rev").read_text()
        other.run("--import", data=certificate.replace(":-----BEGIN", "-----BEGIN").encode())
        contract = other.contract(signed_by=other.them)
        assert "key has been revoked" in told(reader, signed, contract)


def test_a_signature_that_has_expired_is_refused(reader: Reader, keys: Keyring) -> None:
    data = keys.encrypted(GOOD, "--default-sig-expire", "1d", signer="them", faked=LATER)
    reason = told(reader, data, keys.contract(signed_by=keys.them))
    assert "its signature has expired" in reason


def test_a_file_for_somebody_else_is_refused(reader: Reader, keys: Keyring) -> None:
    with a_keyring() as others:
        data = others.encrypted(GOOD)
    assert "of which we have no private key" in told(reader, data, keys.contract())


def test_our_key_needs_its_passphrase(
    reader: Reader, keys: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = keys.encrypted(GOOD)
    for passphrase, expected in (("canary", "passphrase is missing or wrong"), (None, "set it")):
        subprocess.run(["gpgconf", "--homedir", keys.home, "--kill", "all"], check=True)
        if passphrase is None:
            monkeypatch.delenv("LOYALTY_TEST_PASSPHRASE")
        else:
            monkeypatch.setenv("LOYALTY_TEST_PASSPHRASE", passphrase)
        reason = told(reader, data, keys.contract())
        assert expected in reason
        assert "canary" not in reason
    subprocess.run(["gpgconf", "--homedir", keys.home, "--kill", "all"], check=True)
    assert "passphrase is missing or wrong" in told(reader, data, {"home": str(keys.home)})


def test_the_passphrase_is_on_no_command_line(
    reader: Reader, keys: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    run = subprocess.run

    def watched(command, **options):
        seen.append((command, options.get("env")))
        return run(command, **options)

    monkeypatch.setattr(openpgp.subprocess, "run", watched)
    source = a_source(openpgp=keys.contract())
    assert isinstance(reader.read(keys.encrypted(GOOD), source=source), StagedFile)
    assert any("--decrypt" in command for command, _ in seen)
    assert not any("secret" in str(call) for call in seen)


def test_without_gpg_or_its_home_it_is_said_what_to_do(
    reader: Reader, keys: Keyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = keys.encrypted(GOOD)
    assert "does not exist" in told(reader, data, keys.contract(home=str(tmp_path / "none")))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "install GnuPG (the package gnupg)" in told(reader, data, keys.contract())


def test_gpg_has_bounded_time(keys: Keyring, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    (tmp_path / "packed").write_bytes(b"x")
    with pytest.raises(unpacking.UnreadableError, match="did not decrypt it within"):
        openpgp.decrypt(
            tmp_path / "packed",
            tmp_path / "plain",
            OpenPgp.model_validate(keys.contract()),
            unpacking.Budget(1, 1000),
            seconds=0.2,
            program=str(slow),
        )


def test_a_bomb_in_an_encrypted_file_is_refused(
    reader: Reader, keys: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 100_000)
    data = keys.encrypted(b"0" * 5_000_000)
    assert len(data) < 10_000
    assert "bytes come out of it" in told(reader, data, keys.contract())
