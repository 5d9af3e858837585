"""A valid program that uses the whole rules language, which tests change piece by piece."""

from __future__ import annotations

from pathlib import Path

from loyalty_pipeline.program.loader import ProgramFileError, load_program
from loyalty_pipeline.program.model import Program

TEXT = """\
program: shop
name: Shop
currency: INR
time_zone: Asia/Kolkata
fiscal_start: april
first_cycle: 2025-04
point_value: 1.00
sources:
  - id: dms
    host: h
    user: u
    password: {env: P}
    known_hosts: k
    feeds:
      sales: {pattern: s, custom: {size: whole_number, season: text}}
      partners: {pattern: p, custom: {city: text, language: text, shops: whole_number}}
      stores: {pattern: t, custom: {zone: text}}
versions:
  - effective_from: 2025-04-01
    cycle: quarter
    tiers: {order: [Silver, Gold, Platinum], from: cycle_sales, thresholds: {Gold: 10, Platinum: 50}}
    lists: {vip: vip.csv}
    strategies:
      - {id: base, type: prorated, value: {Silver: 5%, Gold: 10%, Platinum: 15%}, delayed_accrual: 7}
      - {id: visit, type: fixed, value: 10, delayed_accrual: 7}
      - {id: by_size, type: prorated, basis: {document: size}, per: 1, value: 2, delayed_accrual: 7}
      - {id: tea, type: prorated, basis: line_amount, value: 1%, delayed_accrual: 7}
      - {id: card, type: prorated, basis: tender_amount, value: 1%, delayed_accrual: 7}
      - {id: xmas, type: multiplier, value: 2, of: [base]}
      - {id: welcome, type: fixed, value: 100}
      - {id: profile, type: fixed, value: 5}
      - {id: coded, type: fixed, value: 1}
      - {id: closing, type: prorated, basis: net_sales, value: 1%}
      - {id: lift, module: campaign, type: round_up, from: 30, to: 100, value: 100}
    stacking: best
    rulesets:
      - event: transaction
        match: all
        rules:
          - {id: r1, when: "amount >= 100", then: [{allocate: base}, {allocate: by_size}]}
          - {id: r2, when: "document_date >= '2025-12-20'", then: [{multiply: xmas}]}
          - {id: r3, when: "partner_id in vip", then: [{forward: by_line}, {coupon: gift}]}
          - {id: r4, when: "store_zone = 'north'", then: [{forward: by_payment}]}
      - id: by_line
        unroll: lines
        match: first
        rules:
          - {id: l1, when: "category = 'tea'", then: [{allocate: tea}]}
          - {id: l2, when: "line_amount > 5", then: [{allocate: visit}]}
      - id: by_payment
        unroll: tenders
        match: first
        rules:
          - {id: p1, when: "tender_type = 'card'", then: [{allocate: card}]}
      - event: registration
        match: first
        rules:
          - {id: w1, when: "partner_city = 'Pune'", then: [{allocate: welcome}, {message: hello}]}
      - event: customer_update
        match: first
        rules:
          - {id: u1, when: "partner_shops > 1", then: [{allocate: profile}]}
      - event: scan
        match: first
        rules:
          - {id: s1, when: "points > 0", then: [{allocate: coded}]}
      - event: delayed_accrual
        match: first
        rules:
          - {id: d1, when: "points > 0", then: [{accrue: true}]}
      - event: cycle_close
        match: first
        rules:
          - {id: c1, when: "net_sales > 0", then: [{allocate: closing}, {upgrade_tier: Gold}]}
    messages:
      - {id: hello, templates: {email: {en: "{partner_name}: {points} points"}}, subject: {en: "Hi"}}
    coupons:
      - {id: gift, codes: codes.csv, valid_days: 30}
    caps:
      - {id: each, per: document, points: 500}
      - {id: visits, per: strategy, of: [visit], points: 100}
      - {id: daily, per: partner, period: day, points: 1000}
      - {id: monthly, per: partner, period: month, points: 9000}
      - {id: budget, per: program, points: 100000, when_exhausted: stop}
    campaigns:
      - {id: june, on: 2025-06-15, when: "tier = 'Silver'", strategy: lift}
      - {id: diwali, on: [2025-10-20], type: fixed, value: {Silver: 1, Gold: 2, Platinum: 3}}
"""  # noqa: E501
TIERS = "from: cycle_sales, thresholds: {Gold: 10, Platinum: 50}"
SLABS = """\
    slabs:
      mode: whole
      bands:
        - {id: b1, from: 5, to: 10, rate: 1%}
        - {id: b2, from: 10, rates: {Silver: 1%, Gold: 2%, Platinum: 3%}}
    further_slabs:
      - id: growing
        measures: growth
        mode: whole
        bands:
          - {id: g1, from: 10, points: 100}
    lists:"""
BASE = "{Silver: 5%, Gold: 10%, Platinum: 15%}"
VIP = "partner_id,name\nP1,Asha\nP2,Ravi\n"
CODES = "code\nAB1\nAB2\n"


def line_of(piece: str, text: str) -> int:
    """The line on which a piece of the text stands."""
    return text[: text.index(piece)].count("\n") + 1


def with_changes(changes: dict[str, str]) -> str:
    """The text with pieces replaced, each of which must be there once."""
    text = TEXT
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def load(folder: Path, changes: dict[str, str] | None = None, **files: str) -> Program:
    """Load the program with pieces and files replaced."""
    for name, content in {"vip": VIP, "codes": CODES, **files}.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    path = folder / "shop.yaml"
    path.write_text(with_changes(changes or {}), encoding="utf-8")
    return load_program(path)


def errors(folder: Path, changes: dict[str, str], **files: str) -> list[str]:
    """The errors of the program with pieces replaced, without the file's folder."""
    try:
        load(folder, changes, **files)
    except ProgramFileError as error:
        return [str(one).removeprefix(f"{folder}/") for one in error.errors]
    return []
