"""Decrypting OpenPGP files with the `gpg` of the machine, and believing only what it vouches for.

Belongs here: calling gpg and judging what it says. Not here: what is in the file.

gpg's exit code alone means little, and so does a single line of its status: with its own limit on
output exceeded it still says DECRYPTION_OKAY (2.2.40, seen). So the whole conversation must be
that of one intact, encrypted message.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from loyalty_pipeline.ingest.unpacking import Budget, UnreadableError
from loyalty_pipeline.program.base import MissingSettingError, resolve
from loyalty_pipeline.program.file_format import OpenPgp

_SECONDS = 60.0
_SECONDS_A_MEGABYTE = 1.0

# What gpg says of a signature that does not count, and what that means.
_BAD_SIGNATURES = {
    "BADSIG": "its signature is wrong: it was changed after it was signed",
    "EXPSIG": "its signature has expired",
    "EXPKEYSIG": "its signer's key has expired",
    "REVKEYSIG": "its signer's key has been revoked",
    "ERRSIG": "it is signed by a key that we do not have",
}


def decrypt(
    packed: Path,
    plain: Path,
    contract: OpenPgp,
    budget: Budget,
    *,
    seconds: float = _SECONDS,
    program: str = "gpg",
) -> None:
    """Undo OpenPGP; the plain text is worth nothing until this returns."""
    try:
        home = Path(resolve(contract.home, "the home folder of openpgp") or "")
        passphrase = resolve(contract.passphrase, "the passphrase of openpgp")
    except MissingSettingError as error:
        raise UnreadableError(f"{error}; then re-process the file") from None
    if not home.is_dir():
        raise UnreadableError(
            f"the GnuPG home folder {home} does not exist: create it with our private key, or "
            f"correct openpgp in the program file, and re-process the file"
        )
    said = plain.with_name(f"{plain.name}.status")
    command = [
        *(program, "--homedir", str(home), "--no-options", "--batch", "--no-tty"),
        *("--no-auto-key-retrieve", "--no-auto-key-locate", "--status-file", str(said)),
        *("--pinentry-mode", "loopback" if passphrase else "error"),
        *(("--passphrase-fd", "0") if passphrase else ()),
        *(() if contract.signed_by else ("--skip-verify",)),
        # Twice the budget only bounds the disk; the budget itself is checked on what came out.
        *("--max-output", str(2 * budget.limit), "--output", str(plain), "--decrypt", str(packed)),
    ]
    limit = seconds + _SECONDS_A_MEGABYTE * packed.stat().st_size / 1_000_000
    try:
        ended = subprocess.run(  # a fixed command; file names are ours
            command,
            input=(passphrase or "").encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            timeout=limit,
            check=False,
        )
    except FileNotFoundError:
        raise UnreadableError(
            "the file is encrypted with OpenPGP, and the program gpg is not installed here: "
            "install GnuPG (the package gnupg) and re-process the file"
        ) from None
    except subprocess.TimeoutExpired:
        raise UnreadableError(
            f"gpg did not decrypt it within {limit:.0f} seconds: re-process the file, and see "
            f"whether gpg --homedir {home} works by hand"
        ) from None
    status = _status(said)
    if plain.exists():
        budget.check(plain.stat().st_size)
    reason = _fault(status, contract.signed_by) or (
        f"gpg calls it unsound (code {ended.returncode}), as when other bytes follow the message: "
        f"have it encrypted and delivered again"
        if ended.returncode or not plain.exists()
        else None
    )
    if reason is not None:
        raise UnreadableError(reason)


def _status(said: Path) -> Mapping[str, list[list[str]]]:
    """Every status that gpg wrote, by its keyword, each as its words."""
    found: dict[str, list[list[str]]] = {}
    lines = said.read_bytes().decode("utf-8", "replace").split("\n") if said.exists() else []
    for line in lines:
        mark, _, rest = line.partition(" ")
        if mark == "[GNUPG:]":
            keyword, *words = rest.split(" ")
            found.setdefault(keyword, []).append(words)
    return found


def _fault(status: Mapping[str, list[list[str]]], signed_by: str | None) -> str | None:
    """Why what gpg said is not about one intact message, signed as it must be; None if it is."""
    again = "have it encrypted and delivered again"
    if "BEGIN_DECRYPTION" not in status and "ENC_TO" not in status:
        return (
            f"the file is not encrypted with OpenPGP, as its source says: {again}, or correct "
            f"openpgp in the program file"
        )
    information = status.get("DECRYPTION_INFO")
    if information is None:
        return _key_fault(status)
    if any(len(status.get(word, ())) > 1 for word in ("BEGIN_DECRYPTION", "PLAINTEXT")):
        return f"it holds more than one OpenPGP message: {again}, one in each file"
    if information[0][:1] == ["0"] and information[0][2:3] in ([], ["0"]):
        return f"its encryption does not protect it against changes (no MDC or AEAD): {again}"
    for word, meaning in _BAD_SIGNATURES.items() if signed_by else ():
        if word in status:  # gpg then ends at once, before it says that the file is intact
            return f"{meaning}: have it signed by {signed_by} and delivered again"
    said = all(word in status for word in ("PLAINTEXT", "DECRYPTION_OKAY", "GOODMDC"))
    if not said or "DECRYPTION_FAILED" in status:
        return f"its encryption is damaged or cut off: {again}"
    return _signature_fault(status, signed_by) if signed_by else None


def _key_fault(status: Mapping[str, list[list[str]]]) -> str:
    """Why gpg did not get as far as to decrypt."""
    keys = ", ".join(sorted({words[0] for words in status.get("ENC_TO", ()) if words}))
    if "pkdecrypt_failed" in {words[0] for words in status.get("ERROR", ()) if words}:
        return (
            f"our private key {keys} cannot be used, its passphrase is missing or wrong: set the "
            f"passphrase of openpgp and re-process the file"
        )
    if "NO_SECKEY" in status:
        return (
            f"it is encrypted to {keys}, of which we have no private key: have it encrypted to "
            f"our public key, or import the private key and re-process the file"
        )
    return "its encryption is damaged or cut off: have it encrypted and delivered again"


def _signature_fault(status: Mapping[str, list[list[str]]], signed_by: str) -> str | None:
    again = f"have it signed by {signed_by} and delivered again"
    # The last word is the fingerprint of the primary key, of which subkeys may sign.
    signers = {words[-1] for words in status.get("VALIDSIG", ()) if words}
    if not signers or "GOODSIG" not in status:
        return f"it is not signed, and its source says that it must be: {again}"
    if signers != {signed_by}:
        return f"it is signed by {', '.join(sorted(signers))}, not by {signed_by}: {again}"
    return None
