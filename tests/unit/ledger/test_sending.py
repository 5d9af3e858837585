"""Sending messages, to a real SMTP server: each arrives once, and what fails waits."""

from __future__ import annotations

import email
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from loyalty_pipeline.cli import main
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.channels import Channel, ChannelError, NotSentError, switched_on
from loyalty_pipeline.ledger.sending import SendReport, send_pending
from loyalty_pipeline.program.clock import Clock
from tests.unit.ledger.shop import HEADERS, sale
from tests.unit.ledger.test_notices import NOTICES, Messages

EMAILS = NOTICES.replace(
    'templates: {sms: {en: "{points} for {document_no}, {partner_name}"}}',
    'subject: {en: "For {partner_name}"}, templates: {email: {en: "{points} for {document_no}"}}',
)
PARTNERS = (
    "P1,Shop P1,2025-04-01,active,p1@example.com",
    "P2,Shop P2,2025-04-01,active,p2@example.com",
)
TODAY = "2025-04-10"


class Sink:
    """Keeps what arrives; refuses recipients with 'refused' in their address."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Message]] = []

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if "refused" in address:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=default)
        self.mails.append((list(envelope.rcpt_tos), mail))
        return "250 OK"

    def texts(self) -> list[tuple[str, str, str]]:
        """Recipient, subject and text of what arrived."""
        return [
            (to, str(mail["subject"]), str(mail.get_content()).strip())  # type: ignore[attr-defined]
            for [to], mail in self.mails
        ]


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def sink(port: int) -> Iterator[Sink]:
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    yield sink
    controller.stop()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Messages:
    monkeypatch.setitem(HEADERS, "partners", "partner_id,name,enrolled_on,status,email")
    return Messages(tmp_path, EMAILS.replace("custom: {kyc: text}", ""))


def gateway(port: int, user: str = "") -> dict[str, Channel]:
    url = f"mailto://{user}127.0.0.1:{port}?from=club@example.com&to={{to}}"
    return switched_on({"LOYALTY_NOTIFY_EMAIL": url})


def send(
    shop: Messages, channels: dict[str, Channel], batch: int = 50, run_id: str = "send"
) -> SendReport:
    clock = Clock.on(date.fromisoformat(TODAY))
    return send_pending(shop.program, shop.home, clock, run_id, channels, batch=batch)


def statuses(shop: Messages) -> list[str]:
    return [row[2] for row in shop.outbox()]


def two_sales(shop: Messages) -> None:
    sales = [sale(number, "2025-04-09", f"P{number}", 1000) for number in (1, 2)]
    shop.day(TODAY, partners=PARTNERS, sales=sales)


def test_a_message_arrives_once(shop: Messages, sink: Sink, port: int) -> None:
    two_sales(shop)
    assert send(shop, gateway(port)).sent["email"] == 2
    assert sink.texts() == [
        ("p1@example.com", "For Shop P1", "100 for 1"),
        ("p2@example.com", "For Shop P2", "100 for 2"),
    ]
    assert statuses(shop) == ["sent", "sent"]
    assert send(shop, gateway(port)).sent.total() == 0
    assert shop.idle(TODAY) == []
    assert len(sink.mails) == 2
    assert shop.is_whole()


def test_what_was_withdrawn_is_not_sent_and_what_was_sent_stays_so(
    shop: Messages, sink: Sink, port: int
) -> None:
    two_sales(shop)
    shop.day(TODAY, sales=[sale(1, "2025-04-09", "P1", 50)])
    assert statuses(shop) == ["withdrawn", "pending"]
    send(shop, gateway(port))
    assert [to for to, *_ in sink.texts()] == ["p2@example.com"]
    shop.day(TODAY, sales=[sale(2, "2025-04-09", "P2", 50)])
    assert statuses(shop) == ["withdrawn", "sent"]
    shop.day(TODAY, sales=[sale(2, "2025-04-09", "P2", 900)])
    send(shop, gateway(port))
    assert len(sink.mails) == 1


def test_a_server_that_is_down_leaves_messages_pending_and_tells_why(
    shop: Messages, port: int
) -> None:
    two_sales(shop)
    report = send(shop, gateway(port, "club:top-secret@"))
    assert [row[:2] for row in report.failed] == [("email", "P1"), ("email", "P2")]
    assert all("Connection refused" in why for *_, why in report.failed)
    assert "top-secret" not in str(report)
    assert "p1@example.com" not in str(report.failed)
    assert statuses(shop) == ["pending", "pending"]


def dead(first: int, last: int) -> list[str]:
    """Partners whose addresses are refused."""
    return [f"P{n},Shop,2025-04-01,active,refused{n}@example.com" for n in range(first, last + 1)]


def test_a_gateway_that_is_down_is_given_up_after_ten_addresses(shop: Messages, port: int) -> None:
    sales = [sale(number, "2025-04-09", f"P{number}", 1000) for number in range(1, 13)]
    shop.day(TODAY, partners=dead(1, 12), sales=sales)
    report = send(shop, gateway(port))
    assert len(report.failed) == 10
    assert "Connection refused" in report.stopped["email"]
    assert set(statuses(shop)) == {"pending"}


def test_an_address_that_was_refused_is_tried_once_a_run(
    shop: Messages, sink: Sink, port: int
) -> None:
    sales = [sale(number, "2025-04-09", "P1", 1000) for number in range(1, 13)]
    sales += [sale(13, "2025-04-09", "P2", 1000)]
    shop.day(TODAY, partners=[*dead(1, 1), PARTNERS[1]], sales=sales)
    report = send(shop, gateway(port))
    assert len(report.failed) == 1
    assert report.behind == {"email": 11}
    assert not report.stopped
    assert statuses(shop).count("sent") == 1


def test_dead_addresses_at_the_head_keep_nobody_waiting_for_ever(
    shop: Messages, sink: Sink, port: int
) -> None:
    sales = [sale(number, "2025-04-09", f"P{number}", 1000) for number in range(1, 21)]
    living = [f"P{n},Shop,2025-04-01,active,p{n}@example.com" for n in range(13, 21)]
    shop.day(TODAY, partners=[*dead(1, 12), *living], sales=sales)
    for run in range(3):
        send(shop, gateway(port), run_id=f"run {run}")
    assert statuses(shop).count("sent") == 8
    assert len(sink.mails) == 8


def test_one_recipient_that_is_refused_keeps_nobody_else_waiting(
    shop: Messages, sink: Sink, port: int
) -> None:
    sales = [sale(number, "2025-04-09", f"P{number}", 1000) for number in (1, 2, 3)]
    partners = (
        PARTNERS[0].replace("p1@", "refused@"),
        PARTNERS[1],
        'P3,Shop P3,2025-04-01,active,"a@example.com, b@example.com"',
    )
    shop.day(TODAY, partners=partners, sales=sales)
    report = send(shop, gateway(port))
    [(channel, partner, why)] = report.failed
    assert (channel, partner) == ("email", "P1")
    assert "550" in why
    assert report.unreachable == {"email": 1}
    assert statuses(shop) == ["pending", "sent", "pending"]


def test_a_run_that_is_killed_sends_at_most_one_batch_twice(
    shop: Messages, sink: Sink, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales = [sale(number, "2025-04-09", "P1", 1000) for number in range(1, 6)]
    shop.day(TODAY, partners=PARTNERS, sales=sales)
    append, appended = Journal.append, []

    def killed(journal: Journal, *args: Any) -> Any:
        if appended:
            raise SystemExit("killed before the second batch is noted")
        appended.append(args)
        return append(journal, *args)

    monkeypatch.setattr(Journal, "append", killed)
    with pytest.raises(SystemExit):
        send(shop, gateway(port), batch=2)
    monkeypatch.undo()
    assert statuses(shop).count("sent") == 2
    send(shop, gateway(port), batch=2)
    assert sorted(text.split()[-1] for *_, text in sink.texts()) == list("1233445")
    assert set(statuses(shop)) == {"sent"}


def test_a_run_that_is_interrupted_notes_what_it_sent(
    shop: Messages, sink: Sink, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_sales(shop)
    whole = Channel.send

    def interrupted(channel: Channel, to: str, *args: str) -> None:
        if to.startswith("p2"):
            raise KeyboardInterrupt
        whole(channel, to, *args)

    monkeypatch.setattr(Channel, "send", interrupted)
    with pytest.raises(KeyboardInterrupt):
        send(shop, gateway(port))
    assert statuses(shop) == ["sent", "pending"]


def test_the_address_is_the_one_in_force_on_the_day_of_sending(
    shop: Messages, sink: Sink, port: int
) -> None:
    two_sales(shop)
    shop.day("2025-04-11", partners=["P1,Shop P1,2025-04-01,active,new@example.com"])
    send(shop, gateway(port))
    assert [to for to, *_ in sink.texts()] == ["new@example.com", "p2@example.com"]


@pytest.mark.parametrize(
    ("name", "url", "what"),
    [
        ("EMAIL", "mailto://user:top-secret@host?from=a@b.com", "has no {to}"),
        ("SMS", "nonsense://top-secret/{to}", "no address of a gateway"),
    ],
)
def test_a_gateway_that_cannot_work_is_refused_without_its_secrets(
    name: str, url: str, what: str
) -> None:
    with pytest.raises(ChannelError, match=what) as refused:
        switched_on({f"LOYALTY_NOTIFY_{name}": url})
    assert "top-secret" not in str(refused.value)


def test_no_part_of_a_gateway_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "json://user:pass-word@127.0.0.1:1/path-token/{to}?+X-Key=head-token"
    channel = switched_on({"LOYALTY_NOTIFY_PUSH": url})["push"]
    assert "word" not in repr(channel)
    with pytest.raises(NotSentError) as refused:
        channel.send("P1", "", "text", "Shop")
    assert not [part for part in ("pass-word", "path-token", "head-token") if part in str(refused)]


def test_addresses_are_taken_one_at_a_time() -> None:
    assert Channel("email", "").address(" a@b.com ") == "a@b.com"
    assert Channel("email", "").address("a@b.com,c@d.com") is None
    assert Channel("sms", "").address("+91 98450-12345") == "+919845012345"
    assert Channel("sms", "").address("98450 12345, 98450 12346") is None
    assert Channel("push", "").address("P 1") is None
    assert Channel("wechat", "").address(None) is None


def test_the_verb_sends_lists_and_says_what_is_missing(
    shop: Messages, sink: Sink, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_sales(shop)
    for name, value in (
        ("HOME", shop.home.root), ("PROGRAMS", shop.folder), ("TODAY", TODAY)
    ):  # fmt: skip
        monkeypatch.setenv(f"LOYALTY_{name}", str(value))
    run = CliRunner().invoke
    refused = run(main, ["messages", "send"])
    assert refused.exit_code == 2
    assert "no channel is switched on" in refused.output
    url = f"mailto://club:top-secret@127.0.0.1:{port}?from=club@example.com&to={{to}}"
    monkeypatch.setenv("LOYALTY_NOTIFY_EMAIL", url)
    failed = run(main, ["messages", "send"])  # the server takes no password
    assert failed.exit_code == 1
    assert "email to partner P1: not sent, stays pending: " in failed.output
    assert "top-secret" not in failed.output
    monkeypatch.setenv("LOYALTY_NOTIFY_EMAIL", url.replace("club:top-secret@", ""))
    sent = run(main, ["messages", "send"])
    assert (sent.exit_code, sent.stdout) == (0, "2 sent\n")
    listed = run(main, ["messages", "list", "--status", "sent", "--format", "csv"])
    assert listed.output.splitlines()[1:] == [
        "2025-04-10,sent,email,P1,thanks,transaction,100 for 1,2025-04-10",
        "2025-04-10,sent,email,P2,thanks,transaction,100 for 2,2025-04-10",
    ]


class _Late(BaseHTTPRequestHandler):
    """Takes a message at once, and says so after more than the library's four seconds."""

    taken: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.taken.append(self.path)
        time.sleep(4.5)
        with suppress(OSError):
            self.send_response(200)
            self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


def test_a_gateway_that_answers_late_is_not_asked_again(port: int) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", port), _Late)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        channels = switched_on({"LOYALTY_NOTIFY_PUSH": f"json://127.0.0.1:{port}/{{to}}"})
        channels["push"].send("P1", "subject", "text", "Shop")
        with pytest.raises(NotSentError, match="timeout"):
            Channel("push", f"json://127.0.0.1:{port}/{{to}}?rto=1").send("P2", "", "text", "Shop")
    finally:
        server.shutdown()
        server.server_close()
    assert _Late.taken == ["/P1", "/P2"]


SENDING_WITHOUT_ROOM = """
import resource, signal, sys
from datetime import date
from pathlib import Path
from loyalty_pipeline.ledger.sending import send_pending
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.warehouse.home import Home

class Mouth:
    name = "email"
    def address(self, written): return written
    def send(self, to, *rest): print("sent to", to, flush=True)

rules, home, today = sys.argv[1:]
program = load_program(Path(rules))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
clock = Clock.on(date.fromisoformat(today))
send_pending(program, Home(Path(home)), clock, "run", {"email": Mouth()})
"""


def test_nothing_is_sent_where_nothing_can_be_noted(shop: Messages, tmp_path: Path) -> None:
    # A run of every hour on a full disk sent the same batch every hour.
    two_sales(shop)
    where = [str(tmp_path / "shop.yaml"), str(shop.home.root), TODAY]
    done = subprocess.run(
        [sys.executable, "-c", SENDING_WITHOUT_ROOM, *where], capture_output=True, text=True
    )
    assert done.stdout == ""
    assert "OSError" in done.stderr
    assert statuses(shop) == ["pending", "pending"]
