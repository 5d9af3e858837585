"""Whom we trust and who we are: pinned host keys, and the private key of the login.

Belongs here: reading both, and what is wrong with them in words. Not here: the session (`sftp`),
where keys are configured (`access`).
"""

from __future__ import annotations

from typing import Any

import paramiko
from paramiko.hostkeys import InvalidHostKey

from loyalty_pipeline.ingest.access import Access
from loyalty_pipeline.ingest.remote import HostKeyError, LoginError

# Offered by paramiko for old servers' sake; broken, and never needed by one from this decade.
WEAK = {
    "ciphers": ["aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"],
    "macs": ["hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96"],
}


def client_of(access: Access) -> paramiko.SSHClient:
    """A client that trusts the pinned keys and nothing else."""
    path = access.known_hosts
    try:
        pinned = paramiko.HostKeys(str(path)).lookup(access.host_name)
        client = paramiko.SSHClient()
        client.load_system_host_keys(str(path))
    except FileNotFoundError:
        raise HostKeyError(
            f"the known_hosts file {path} does not exist, so {access.host} cannot be verified: "
            f"{access.remedy}"
        ) from None
    except (OSError, ValueError, InvalidHostKey):
        raise HostKeyError(
            f"the known_hosts file {path} cannot be read, so {access.host} cannot be verified: "
            f"give it plain lines of host, key type and key; {access.remedy}"
        ) from None
    if not pinned:
        raise HostKeyError(
            f"{access.host_name} is not in {path}, so it cannot be verified and was not "
            f"contacted: {access.remedy}"
        )
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    return client


def load_key(access: Access) -> paramiko.PKey | None:
    """The private key to log in with; None where a password is used."""
    if access.key_file is None:
        return None
    try:
        # Whatever its signature says, from text it makes "password must be bytes" (5.0).
        passphrase: Any = None if access.passphrase is None else access.passphrase.encode()
        return paramiko.PKey.from_path(access.key_file, passphrase)
    except Exception:  # noqa: BLE001  a dozen kinds by format, some quoting what they read
        raise LoginError(
            f"the key file {access.key_file} is no private key, or its passphrase is wrong or "
            f"missing: try `ssh-keygen -y -f {access.key_file}`"
        ) from None


def fingerprint(key: paramiko.PKey) -> str:
    """Kind and fingerprint of a key, as `ssh-keygen -l` shows them."""
    return f"{key.get_name()} {key.fingerprint}"
