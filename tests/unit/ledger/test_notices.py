"""Messages and coupons: each comes about once for ever, whatever is recomputed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from loyalty_pipeline import pipeline
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.coupon_codes import Codes
from loyalty_pipeline.ledger.notices import Noticed, note_notices
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.ledger.wording import filled
from loyalty_pipeline.program.clock import Clock
from tests.unit.ledger.shop import DIRECT, EVERYBODY, HEADERS, RULES, Shop, sale, told

BEFORE_VERSIONS = RULES.partition("versions:")[0]
VERSION = """\
  - effective_from: 2025-04-01
    cycle: month
    rounding: {decimals: 0, mode: half_up, grain: document}
    strategies:
      - {id: base, type: prorated, value: 10%}
    messages:
      - {id: thanks, templates: {sms: {en: "{points} for {document_no}, {partner_name}"}}}
    coupons:
      - {id: gift, codes: codes.csv, valid_days: 30}
      - {id: made, codes: generated, prefix: "M-", valid_until: 2025-12-31}
    rulesets:
      - event: transaction
        match: all
        rules:
          - id: each
            when: "amount >= 100"
            then: [{allocate: base}, {message: thanks}, {coupon: gift}, {coupon: made}]
"""
NOTICES = f"{BEFORE_VERSIONS}versions:\n{VERSION}"
OUTBOX = "kind, event_key, partner_id, status, created_on, text"
COUPONS = "kind, event_key, code, status, issued_on, valid_until"


class Messages(Shop):
    """The shop with a pool of codes."""

    def __init__(self, folder: Path, rules: str = NOTICES, codes: int = 5) -> None:
        self.folder = folder
        self.pool(codes)
        super().__init__(folder, rules)

    def pool(self, codes: int) -> None:
        names = [f"C{number}" for number in range(1, codes + 1)]
        (self.folder / "codes.csv").write_text("\n".join(["code", *names, ""]))

    def latest(self, columns: str) -> list[tuple[Any, ...]]:
        """What the last commit says of every notice, by event."""
        rows = self.promoted("notices", f"number, target, channel, {columns}")
        last = {}
        for _number, target, channel, *values in sorted(rows, key=lambda row: row[0]):
            last[target, channel, values[1]] = tuple(values)
        return [last[key] for key in sorted(last)]

    def outbox(self) -> list[tuple[str, ...]]:
        """Event, partner, status, day and text of every message."""
        return [
            (key.split("/")[-2], partner, status, f"{day}", text)
            for kind, key, partner, status, day, text in self.latest(OUTBOX)
            if kind == "message"
        ]

    def gifts(self, prefix: str = "C") -> list[tuple[str, ...]]:
        """Event, code and status of every coupon whose code starts so, or is not there."""
        return [
            (key.split("/")[-2], code, status)
            for kind, key, code, status, *_ in self.latest(COUPONS)
            if kind == "coupon" and (code is None or code.startswith(prefix))
        ]


def returned(number: int, day: str, partner: str, amount: int, of: int, on: str) -> str:
    """A return of all, or some, of a sale."""
    return f"R{number},return,{day},{partner},D1,1,{-amount},{of},{on}"


RETURNS = (
    "document_no,document_type,document_date,partner_id,distributor_id,line_no,amount,"
    "original_document_no,original_document_date"
)


@pytest.fixture
def shop(tmp_path: Path) -> Messages:
    return Messages(tmp_path)


def test_the_first_text_and_date_stay_and_a_second_run_commits_nothing(shop: Messages) -> None:
    shop.day("2025-04-10", partners=EVERYBODY, sales=[sale(1, "2025-04-09", "P1", 1000)])
    first = shop.outbox()
    assert first == [("1", "P1", "pending", "2025-04-10", "100 for 1, Shop P1")]
    assert shop.idle("2025-04-10") == []
    shop.day("2025-04-12", partners=["P1,Other,2025-04-01,active,open"],
             sales=[sale(1, "2025-04-09", "P1", 5000)])  # fmt: skip
    assert shop.outbox() == first
    assert shop.idle("2025-04-12") == []
    assert shop.is_whole()


def test_a_sale_and_its_return_net_to_zero_in_what_is_not_sent(
    shop: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.day("2025-04-10", partners=EVERYBODY, sales=[sale(1, "2025-04-09", "P1", 1000)])
    monkeypatch.setitem(HEADERS, "sales", RETURNS)
    shop.day("2025-04-11", sales=[returned(1, "2025-04-11", "P1", 1000, 1, "2025-04-09")])
    assert [row[2] for row in shop.outbox()] == ["withdrawn"]
    assert shop.gifts() == [("1", "C1", "withdrawn")]
    shop.day("2025-04-12", sales=[f"{sale(2, '2025-04-12', 'P2', 1000)},,"])
    assert shop.gifts() == [("1", "C1", "withdrawn"), ("2", "C2", "issued")]
    assert shop.idle("2025-04-12") == []


def test_a_message_comes_back_with_its_event(shop: Messages) -> None:
    shop.day("2025-04-10", partners=EVERYBODY, sales=[sale(1, "2025-04-09", "P1", 1000)])
    before = (shop.outbox(), shop.gifts(), shop.gifts("M-"))
    shop.day("2025-04-11", sales=[sale(1, "2025-04-09", "P1", 50)])
    assert [row[2] for row in (*shop.outbox(), *shop.gifts())] == ["withdrawn", "withdrawn"]
    shop.day("2025-04-12", sales=[sale(1, "2025-04-09", "P1", 900)])
    assert (shop.outbox(), shop.gifts(), shop.gifts("M-")) == before


def test_a_sale_that_is_another_partners_now_is_told_to_that_one(shop: Messages) -> None:
    shop.day("2025-04-10", partners=EVERYBODY, sales=[sale(1, "2025-04-09", "P1", 1000)])
    shop.day("2025-04-11", sales=[sale(1, "2025-04-09", "P2", 1000)])
    rows = shop.promoted("notices", "number, target, partner_id, status, code")
    said = sorted(row[2:4] for row in rows if row[1] == "thanks")
    assert said == [("P1", "pending"), ("P1", "withdrawn"), ("P2", "pending")]
    codes = {(partner, code) for _, target, partner, _, code in rows if target == "gift"}
    assert codes == {("P1", "C1"), ("P2", "C2")}


def test_a_merged_partner_is_told_nothing_twice(shop: Messages) -> None:
    shop.day("2025-04-10", partners=EVERYBODY, sales=[sale(1, "2025-04-09", "P1", 1000)])
    before = shop.outbox()
    shop.day("2025-04-12", instructions=[told("I1", "merge", "P1", "2025-04-12", to="P2")])
    shop.day("2025-04-13", sales=[sale(1, "2025-04-09", "P1", 2000)])
    assert shop.outbox() == before
    assert shop.is_whole()


def test_a_pool_without_codes_leaves_coupons_waiting_until_it_has_more(tmp_path: Path) -> None:
    shop = Messages(tmp_path, codes=1)
    sales = [sale(number, f"2025-04-0{number}", "P1", 1000) for number in (1, 2, 3)]
    shop.day("2025-04-10", partners=EVERYBODY, sales=sales)
    assert shop.gifts() == [("1", "C1", "issued"), ("2", None, "no_code"), ("3", None, "no_code")]
    noticed = note_notices(shop.program, shop.home, Clock.on(date(2025, 4, 10)), "again")
    assert noticed.commit is None
    [text] = noticed.in_words()
    assert "coupon gift has no code left: 2 events wait" in text
    assert shop.idle("2025-04-10") == []
    shop.pool(3)
    later = VERSION.replace("2025-04-01", "2025-05-01")
    (tmp_path / "first.csv").write_text("code\nC1\n")
    shop.rules(NOTICES.replace("codes.csv", "first.csv") + later)
    shop.day("2025-04-20")
    assert shop.gifts() == [("1", "C1", "issued"), ("2", "C2", "issued"), ("3", "C3", "issued")]
    [when] = {row[4:] for row in shop.latest(COUPONS) if row[2] == "C2"}
    assert when == (date(2025, 4, 20), date(2025, 5, 20))
    assert shop.idle("2025-04-20") == []


def test_codes_may_be_added_to_the_file_itself(tmp_path: Path) -> None:
    shop = Messages(tmp_path, codes=1)
    sales = [sale(number, f"2025-04-0{number}", "P1", 1000) for number in (1, 2)]
    shop.day("2025-04-10", partners=EVERYBODY, sales=sales)
    shop.pool(2)
    shop.rules(NOTICES)
    shop.day("2025-04-20")
    assert shop.gifts() == [("1", "C1", "issued"), ("2", "C2", "issued")]
    assert shop.idle("2025-04-20") == []


def test_rules_that_ask_for_none_any_more_withdraw_what_is_not_sent(tmp_path: Path) -> None:
    shop = Messages(tmp_path)
    shop.day("2025-04-10", partners=EVERYBODY, sales=[sale(1, "2025-04-09", "P1", 1000)])
    actions = "{allocate: base}, {message: thanks}, {coupon: gift}, {coupon: made}"
    silent = NOTICES.replace(actions, "{allocate: base}")
    head, _, rest = silent.partition("    messages:\n")
    silent = head + "    rulesets:\n" + rest.partition("    rulesets:\n")[2]
    state = program_state(program_journal(shop.home, "shop"))
    cycle = shop.program.calendar.parse("2025-04")
    assert state.promoted["event_actions", cycle.name].rows == 3
    shop.rules(silent)
    clock = Clock.on(date(2025, 4, 11))
    pipeline.backfill(shop.program, shop.home, clock, "back", [cycle])
    assert [row[2] for row in shop.outbox()] == ["withdrawn"]
    assert shop.gifts() == [("1", "C1", "withdrawn")]


@pytest.mark.parametrize("order", [("2025-04", "2025-05"), ("2025-05", "2025-04")])
def test_what_is_said_does_not_depend_on_the_order_of_cycles(
    tmp_path: Path, order: Sequence[str]
) -> None:
    shop = Messages(tmp_path)
    sales = [sale(1, "2025-04-09", "P1", 1000), sale(2, "2025-05-09", "P2", 2000)]
    shop.day("2025-05-10", partners=EVERYBODY, sales=sales)
    plain = (shop.outbox(), shop.gifts("M-"), shop.gifts())
    for name in order:
        cycle = shop.program.calendar.parse(name)
        pipeline.backfill(shop.program, shop.home, Clock.on(date(2025, 5, 11)), name, [cycle])
    assert (shop.outbox(), shop.gifts("M-"), shop.gifts()) == plain
    assert shop.gifts() == [("1", "C1", "issued"), ("2", "C2", "issued")]


def test_runs_at_once_never_give_out_a_code_twice(
    shop: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock that spares them the work, put-if-absent alone keeps codes apart."""
    sales = [sale(number, "2025-04-09", "P1", 1000) for number in (1, 2, 3)]
    monkeypatch.setattr(pipeline, "note_notices", lambda *_: Noticed(None))
    shop.day("2025-04-10", partners=EVERYBODY, sales=sales)
    monkeypatch.undo()
    writing = threading.Barrier(2)
    append = Journal.append
    waited = threading.local()

    def both_at_once(journal: Journal, draft: Any, seen: int) -> Any:
        if not getattr(waited, "done", False):
            waited.done = True
            writing.wait(30)  # both have chosen their codes by now
        return append(journal, draft, seen)

    monkeypatch.setattr(Journal, "append", both_at_once)
    monkeypatch.setattr(Journal, "writing", lambda self: nullcontext())
    clock = Clock.on(date(2025, 4, 10))
    runs = [
        threading.Thread(target=note_notices, args=(shop.program, shop.home, clock, f"run-{n}"))
        for n in (1, 2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    rows = shop.promoted("notices", "target, event_key, code")
    assert len(rows) == len({row[:2] for row in rows}) == 9
    assert len({code for target, _, code in rows if target == "gift"}) == 3
    commits = program_state(program_journal(shop.home, "shop")).commits
    assert [commit.draft.kind for commit in commits].count("notices") == 1


def test_a_release_tells_what_it_read_of_its_day(tmp_path: Path) -> None:
    asked = """\
    messages:
      - id: ready
        language: kyc
        templates:
          sms:
            en: "not for P1"
            hi: >-
              {points} of {promised_on}, {event_date}, {tier}, {current_points}+{promised_points}
    rulesets:
      - event: delayed_accrual
        match: all
        rules:
          - {id: yes, when: "true", then: [{accrue: true}, {message: ready}]}
"""
    shop = Messages(tmp_path, RULES + asked.replace("id: yes", "id: all_of_it"))
    sales = [sale(1, "2025-04-10", "P1", 3000)]
    shop.day("2025-05-01", partners=[EVERYBODY[0].replace("open", "hi")], sales=sales)
    assert shop.outbox() == []
    shop.day("2025-05-12")
    [said] = shop.outbox()
    assert said[1:4] == ("P1", "pending", "2025-05-12")
    assert said[4] == "300 of 2025-04-30, 2025-05-10, Base, 0+300"
    assert shop.idle("2025-05-12") == []


def test_values_are_text_and_name_nothing() -> None:
    values = {"points": "5", "partner_name": "{points}"}
    assert filled("{partner_name}: {points}{tier}", {**values, "tier": None}) == "{points}: 5"


def test_made_codes_are_the_same_in_any_order_and_never_clash(shop: Messages) -> None:
    label = shop.program.versions[0].label

    def made(events: Sequence[str], issued: Sequence[str] = ()) -> dict[str, str | None]:
        codes = Codes("shop", shop.program.versions, issued)
        return {event: codes.next(label, "made", event, "P1") for event in events}

    events = [f"transaction/dms/{number}" for number in range(200)]
    found = made(events)
    assert found == made(list(reversed(events)))
    assert len(set(found.values())) == 200
    [event, *_] = events
    again = made([event], [str(found[event])])[event]
    assert again is not None
    assert again.startswith(str(found[event]))
    assert again != found[event]
    assert all(set(str(code)[2:]).isdisjoint("01IO") for code in found.values())


GIFTS = f"""{BEFORE_VERSIONS}versions:
  - effective_from: 2025-04-01
    cycle: month
    messages:
      - {{id: hello, templates: {{sms: {{en: "{{points}} for {{partner_name}}"}}}}}}
    coupons:
      - {{id: gift, codes: codes.csv, valid_days: 30}}
    campaigns:
      - id: all_of_you
        on: [2025-04-15, 2025-04-20]
        type: fixed
        value: 10
        then: [{{message: hello}}, {{coupon: gift}}]
"""
SLABS_TELL = """\
    messages:
      - {id: ready, templates: {sms: {en: "{points}"}}}
    rulesets:
      - event: delayed_accrual
        match: all
        rules:
          - {id: release_all, when: "true", then: [{accrue: true}, {message: ready}]}
"""


def said_to(shop: Messages) -> list[tuple[str, str, str]]:
    """Partner, status and text of every message, by date and partner."""
    rows = [row for row in shop.latest(OUTBOX) if row[0] == "message"]
    return [(partner, status, text) for _, _, partner, status, _, text in rows]


def given_to(shop: Messages) -> list[tuple[str, str, str]]:
    """Partner, code and status of every coupon, by date and partner."""
    rows = shop.latest("kind, event_key, partner_id, code, status")
    return [row[2:] for row in rows if row[0] == "coupon"]


def test_everybody_whom_a_campaign_reaches_is_told_once(tmp_path: Path) -> None:
    shop = Messages(tmp_path, GIFTS)
    shop.day("2025-04-15", partners=EVERYBODY)
    first = [("P1", "C1", "issued"), ("P2", "C2", "issued")]
    assert given_to(shop) == first
    assert said_to(shop) == [(p, "pending", f"10 for Shop {p}") for p in ("P1", "P2")]
    shop.day("2025-04-20")  # what is asked for is looked at anew
    assert given_to(shop) == [*first, ("P1", "C3", "issued"), ("P2", "C4", "issued")]
    assert [partner for partner, *_ in said_to(shop)] == ["P1", "P2", "P1", "P2"]
    assert shop.idle("2025-04-20") == []


def test_what_a_campaign_gave_two_who_are_one_by_now_is_withdrawn_of_both(tmp_path: Path) -> None:
    shop = Messages(tmp_path, GIFTS.replace("on: [2025-04-15, 2025-04-20]", "on: 2025-04-15"))
    shop.day("2025-04-15", partners=EVERYBODY)
    merge = told("I1", "merge", "P1", "2025-04-16", to="P2")
    shop.day("2025-04-16", instructions=[merge])
    assert [status for *_, status in given_to(shop)] == ["issued", "issued"]
    shop.rules(DIRECT)
    shop.day("2025-04-17")
    assert [status for *_, status in given_to(shop)] == ["withdrawn", "withdrawn"]
    assert [status for _, status, _ in said_to(shop)] == ["withdrawn", "withdrawn"]


def test_everybody_whose_slab_award_is_released_is_told_once(tmp_path: Path) -> None:
    shop = Messages(tmp_path, RULES + SLABS_TELL)
    april = [sale(n, "2025-04-10", f"P{n}", 1000 * n) for n in (1, 2)]
    shop.day("2025-05-10", partners=EVERYBODY, sales=april)
    assert [(partner, text) for partner, _, text in said_to(shop)] == [("P1", "100"), ("P2", "200")]
    shop.day("2025-06-10", sales=[sale(3, "2025-05-10", "P1", 3000)])
    assert [(partner, text) for partner, _, text in said_to(shop)] == [
        ("P1", "100"), ("P2", "200"), ("P1", "300"),
    ]  # fmt: skip
    assert len(shop.promoted("notices", "target")) == 3
    assert shop.idle("2025-06-10") == []


def test_a_document_that_goes_to_another_partner_tells_each_once(shop: Messages) -> None:
    shop.day("2025-04-10", partners=EVERYBODY, sales=[sale(1, "2025-04-09", "P1", 1000)])
    shop.day("2025-04-11", sales=[sale(1, "2025-04-09", "P2", 1000)])
    for number, day in ((2, "2025-04-12"), (3, "2025-04-13")):
        shop.day(day, sales=[sale(number, "2025-04-10", "P2", 1000)])
    rows = shop.promoted("notices", "event_key, partner_id, target, status, code")
    of_it = sorted(row[1:] for row in rows if row[0].endswith("/invoice/1/2025"))
    assert [row[:3] for row in of_it] == [
        ("P1", "gift", "issued"), ("P1", "gift", "withdrawn"),
        ("P1", "made", "issued"), ("P1", "made", "withdrawn"),
        ("P1", "thanks", "pending"), ("P1", "thanks", "withdrawn"),
        ("P2", "gift", "issued"), ("P2", "made", "issued"), ("P2", "thanks", "pending"),
    ]  # fmt: skip
    assert len({code for *_, code in rows if code}) == 8  # none is given out twice
