"""Channels that messages leave by: off, unless the environment names a gateway.

Belongs here: handing one message to a gateway, and saying why it did not go, without secrets. Not
here: which messages are sent (`sending`).

A gateway is an address of the library apprise, with {to} where the recipient stands; it has the
secrets of the gateway, so it is never shown.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import get_args
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from loyalty_pipeline.program.notices import Channel as ChannelName

NAMES: tuple[ChannelName, ...] = get_args(ChannelName)
HIDDEN = "***"
_TO = "{to}"
_EMAIL = re.compile(r"[^\s@,;<>\"()]+@[^\s@,;<>\"()]+")
_MOBILE = re.compile(r"\+?[0-9]{6,15}")
_IDENTITY = re.compile(r"[^\s,;]{1,100}")
_NO_SECRETS = frozenset({"from", "to", "mode", "name", "format", "cto", "rto", "verify", "smtp"})
_SHORTEST_SECRET = 3
# A gateway that took a message and answers late is asked again, and the message arrives twice: the
# library waits 4 seconds.
_ANSWER_SECONDS = 60


class ChannelError(Exception):
    """A channel is switched on in a way that cannot work."""


class NotSentError(Exception):
    """A gateway did not take a message; says why."""


@dataclass(frozen=True)
class Channel:
    """A channel that is switched on."""

    name: str
    gateway: str = field(repr=False)

    def address(self, written: str | None) -> str | None:
        """A partner's address as the gateway takes it; None where there is none that is one.

        Exactly one: a gateway would take 'a@x.com, b@y.com' for two recipients.
        """
        if self.name == "sms":
            found = re.sub(r"[\s().-]", "", written or "")
            return found if _MOBILE.fullmatch(found) else None
        found = (written or "").strip()
        known = _EMAIL if self.name == "email" else _IDENTITY
        return found if known.fullmatch(found) else None

    def send(self, to: str, subject: str, text: str, sender: str) -> None:
        """Hand a message to the gateway.

        Raises:
            NotSentError: it did not take it.
        """
        import apprise  # takes half a second, and only senders need it

        asset = apprise.AppriseAsset(app_id=sender, app_desc=sender, app_url="")
        gateways = apprise.Apprise(asset=asset)
        url = _patiently(self.gateway.replace(_TO, quote(to, safe="")))
        with _heard() as said:
            taken = gateways.add(url) and gateways.notify(
                body=text, title=subject, body_format=apprise.NotifyFormat.TEXT
            )
        if not taken:
            raise NotSentError(self._without_secrets("; ".join(said) or "no reason given", to))

    def _without_secrets(self, text: str, to: str) -> str:
        for secret in (*sorted(_secrets(self.gateway), key=len, reverse=True), to):
            text = text.replace(secret, HIDDEN)
        return text


def _patiently(url: str) -> str:
    """With the time a gateway has to answer, unless it says its own."""
    given = {name.lower() for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    return url if "rto" in given else f"{url}{'&' if '?' in url else '?'}rto={_ANSWER_SECONDS}"


def switched_on(environment: Mapping[str, str]) -> dict[str, Channel]:
    """The channels that have a gateway: variables LOYALTY_NOTIFY_EMAIL, _SMS, _PUSH, _WECHAT.

    Raises:
        ChannelError: a gateway that names no recipient, or is none; the library is not there.
    """
    found: dict[str, Channel] = {}
    for name in NAMES:
        variable = f"LOYALTY_NOTIFY_{name.upper()}"
        gateway = environment.get(variable, "").strip()
        if not gateway:
            continue
        if _TO not in gateway:
            raise ChannelError(
                f"{variable} has no {_TO}: write it where the recipient stands, like "
                f"mailtos://user:password@smtp.example.com?from=club@example.com&to={_TO}"
            )
        if find_spec("apprise") is None:
            raise ChannelError(
                f"{variable} is set, and the library that sends is not installed: "
                f"pip install 'loyalty-pipeline[notify]'"
            )
        if not _is_known(gateway, "partner@example.com" if name == "email" else "+919800000000"):
            raise ChannelError(
                f"{variable} is no address of a gateway that apprise knows: see "
                f"https://github.com/caronc/apprise/wiki for how each is written"
            )
        found[name] = Channel(name, gateway)
    return found


def _is_known(gateway: str, recipient: str) -> bool:
    import apprise

    with _heard():
        return bool(apprise.Apprise().add(gateway.replace(_TO, quote(recipient, safe=""))))


def _secrets(gateway: str) -> set[str]:
    """Every part of a gateway's address that may be secret: all but its kind, host and sender."""
    parts = urlsplit(gateway)
    found = {parts.netloc.rpartition("@")[0], *parts.path.split("/")}
    found |= set(parts.netloc.rpartition("@")[0].split(":"))
    if "@" not in parts.netloc and not parts.scheme.startswith(("mailto", "json", "xml", "form")):
        found.add(parts.netloc)  # many gateways have their token where a host would be
    found |= {value for name, value in parse_qsl(parts.query) if name.lower() not in _NO_SECRETS}
    found |= {unquote(part) for part in found}
    return {part for part in found if len(part) >= _SHORTEST_SECRET and _TO not in part}


class _Said(logging.Handler):
    """Keeps the lines that say why something failed."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = " ".join(record.getMessage().split())
        is_reason = record.levelno >= logging.WARNING or "Exception" in text
        if is_reason and text not in self.lines:
            self.lines.append(text)


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What the library says meanwhile; it is heard here alone, since it may name addresses."""
    logger, handler = logging.getLogger("apprise"), _Said()
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before
