"""Claims and merged partners against a slow model: any order of files, amendments and dates."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty_pipeline.ingest.landing import land_local
from loyalty_pipeline.ledger.audit import verify_program
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from tests.properties import model, reading
from tests.properties.histories import Product, amounts, days, files, product, program_of
from tests.properties.model import ZERO, Band, Doc, Rules

EXAMPLES = int(os.environ.get("LOYALTY_EXAMPLES", "25"))
LAST_DAY = date(2026, 3, 1)
PARTNERS = ("P1", "P2", "P3")
BANDS = (Band(ZERO, Decimal(300), Decimal("0.1")), Band(Decimal(300), None, Decimal("0.2")))


class Claim(NamedTuple):
    claim_id: str
    partner_id: str
    distributor_id: str
    document_no: str
    document_date: date
    amount: Decimal
    status: str


class Merge(NamedTuple):
    instruction_id: str
    partner_id: str
    effective_on: date
    to_partner_id: str


class Files(NamedTuple):
    """What arrives on a day: of each feed one file, or none."""

    sales: list[Doc]
    claims: list[Claim]
    merges: list[Merge]


claims = st.builds(
    Claim,
    st.sampled_from(["C1", "C2", "C3"]),
    st.sampled_from(PARTNERS),
    st.sampled_from(["", "D1", "D2"]),
    st.sampled_from(["1", "2", "3"]),
    days,
    amounts,
    st.sampled_from(["approved", "approved", "approved", "submitted", "rejected"]),
)
merges = st.builds(
    Merge,
    st.sampled_from(["I1", "I2"]),
    st.sampled_from(PARTNERS),
    days,
    st.sampled_from(PARTNERS),
).filter(lambda merge: merge.partner_id != merge.to_partner_id)
arrivals = st.builds(
    Files,
    files | st.just([]),
    st.lists(claims, max_size=3, unique_by=lambda claim: claim.claim_id),
    st.lists(merges, max_size=2, unique_by=lambda merge: merge.instruction_id),
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[date, Files]]:
    dates = sorted(draw(st.lists(days, min_size=1, max_size=3, unique=True)))
    return [*((day, draw(arrivals)) for day in dates), (LAST_DAY, Files([], [], []))]


@dataclass
class World:
    """Everything that arrived, looked at anew for every question."""

    rules: Rules
    sales: list[list[Doc]] = field(default_factory=list)
    claims: list[list[Claim]] = field(default_factory=list)
    merges: list[list[Merge]] = field(default_factory=list)
    accounts: dict[tuple[date, str], model.Account] = field(
        default_factory=lambda: defaultdict(model.Account)
    )

    def take_in(self, arrived: Files) -> None:
        for known, content in zip((self.sales, self.claims, self.merges), arrived, strict=True):
            if content and content not in known:
                known.append(content)

    def homes(self, today: date, before: date = date.max) -> dict[str, str]:
        latest = {merge.instruction_id: merge for file in self.merges for merge in file}
        into: dict[str, str] = {}
        for merge in sorted(latest.values(), key=lambda m: (m.effective_on, m.instruction_id)):
            if merge.effective_on > today or merge.effective_on >= before:
                continue
            into[merge.partner_id] = merge.to_partner_id
            seen = merge.to_partner_id
            while seen in into and seen != merge.partner_id:
                seen = into[seen]
            if seen == merge.partner_id:
                del into[merge.to_partner_id]
        ends = {}
        for partner in PARTNERS:
            end = partner
            while end in into:
                end = into[end]
            ends[partner] = end
        return ends

    def counted_claims(self, today: date) -> list[Claim]:
        homes = self.homes(today)
        latest = {claim.claim_id: claim for file in self.claims for claim in file}
        invoices = model.standing(self.sales, today).invoices.values()
        kept: list[Claim] = []
        standing: list[Claim] = []
        for claim in sorted(latest.values()):
            if claim.status != "approved" or claim.document_date > today:
                continue
            same = [
                other
                for other in standing
                if (homes[other.partner_id], other.document_no)
                == (homes[claim.partner_id], claim.document_no)
                and model.fiscal_year(other.document_date) == model.fiscal_year(claim.document_date)
                and (
                    not other.distributor_id
                    or not claim.distributor_id
                    or other.distributor_id == claim.distributor_id
                )
            ]
            arrived = [
                invoice
                for invoice in invoices
                if (homes[invoice.partner], invoice.number)
                == (homes[claim.partner_id], claim.document_no)
                and model.fiscal_year(invoice.day) == model.fiscal_year(claim.document_date)
                and claim.distributor_id in ("", invoice.distributor)
            ]
            standing.append(claim)
            if not same and not arrived:
                kept.append(claim)
        return kept

    def cycle_sales(self, today: date) -> dict[tuple[date, str], tuple[Decimal, int]]:
        rows = [
            (day, partner, net, documents)
            for day, _, _, _, partner, net, documents in model.counted(
                self.sales, today, self.rules.restate
            )
        ]
        rows += [
            (claim.document_date, claim.partner_id, claim.amount, 1)
            for claim in self.counted_claims(today)
        ]
        sums: dict[tuple[date, str], tuple[Decimal, int]] = {}
        for day, partner, net, documents in rows:
            cycle = model.quarter_of(day)
            home = self.homes(today, before=model.quarter_end(cycle))[partner]
            before, count = sums.get((cycle, home), (ZERO, 0))
            sums[cycle, home] = (before + net, count + documents)
        return sums

    def post(self, today: date) -> None:
        """What is due, the difference of every cycle that has ended, what that made due."""
        self._release(today)
        wanted: dict[tuple[date, str], Decimal] = {}
        for key, (net, _) in self.cycle_sales(today).items():
            band = model.band_of(net, self.rules)
            if band is not None:
                wanted[key] = model.rounded(net * band.rate, self.rules)
        for key in {*wanted, *self.accounts}:
            cycle, _ = key
            if today < model.quarter_end(cycle):
                continue
            account, points = self.accounts[key], wanted.get(key, ZERO)
            account.promised.clear()
            if self.rules.delay is None or points <= account.current:
                account.current = points
            else:
                accrual = model.quarter_end(cycle) + timedelta(days=self.rules.delay)
                account.promised[accrual] = points - account.current
        self._release(today)

    def _release(self, today: date) -> None:
        for account in self.accounts.values():
            for accrual in list(account.promised):
                if accrual <= today:
                    account.current += account.promised.pop(accrual)

    def balances(self, today: date) -> dict[str, tuple[Decimal, Decimal]]:
        """Whatever a partner earned lies with its home."""
        homes, sums = self.homes(today), dict.fromkeys(PARTNERS, (ZERO, ZERO))
        for (_, partner), account in self.accounts.items():
            promised, current = sums[homes[partner]]
            sums[homes[partner]] = (
                promised + sum(account.promised.values(), ZERO),
                current + account.current,
            )
        return {partner: pair for partner, pair in sums.items() if pair != (ZERO, ZERO)}


def the_program(rules: Rules) -> Program:
    content = program_of(rules).model_dump(mode="json", by_alias=True, exclude_none=True)
    source = content["sources"][0]
    source["feeds"] = {
        name: {"pattern": f"{name}.*"} for name in ("sales", "claims", "instructions")
    }
    return Program.model_validate(content)


def land(subject: Product, arrived: Files, today: date, number: int) -> None:
    if arrived.sales:
        subject.land([arrived.sales], today)
    notes = [(*merge, "one shop", "mira", "john") for merge in arrived.merges]
    for feed, header, rows in (
        ("claims", ",".join(Claim._fields), arrived.claims),
        (
            "instructions",
            "instruction_id,kind,partner_id,effective_on,to_partner_id,reason,maker,checker",
            [(first, "merge", *rest) for first, *rest in notes],
        ),
    ):
        if rows:
            path = subject.drop / f"{feed}_{number}.csv"
            path.write_text("\n".join([header, *map(_line, rows), ""]), encoding="utf-8")
            land_local([(path, feed)], "dms", subject.home, Clock.on(today))


def _line(row: Sequence[object]) -> str:
    return ",".join(str(value) for value in row)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    history=histories(),
    delay=st.none() | st.integers(0, 40),
    restate=st.sampled_from(["original_cycle", "own_cycle"]),
)
def test_sales_and_balances_equal_the_model_after_every_step(
    history: list[tuple[date, Files]], delay: int | None, restate: str
) -> None:
    rules = Rules(BANDS, "whole", 0, "half_up", "cycle", delay, None, restate)
    program, world = the_program(rules), World(rules)
    with product() as subject:
        for number, (today, arrived) in enumerate(history):
            land(subject, arrived, today, number)
            subject.run(program, today)
            world.take_in(arrived)
            world.post(today)
            assert reading.cycle_sales(subject.home, "model") == world.cycle_sales(today)
            assert reading.balances(subject.home, "model") == world.balances(today)
        assert verify_program(subject.home, "model") == []
        again = subject.run(program, LAST_DAY)
        assert again.entries == 0
        assert not [posting for posting in again.postings if posting.commit]
