"""A small case to vary: 6,00,000 in a quarter at 0.2% are 1,200 points, promised for 7 days."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

PROGRAM = """\
program: retailer_rewards
name: Retailer Rewards
currency: INR
time_zone: Asia/Kolkata
fiscal_start: april
first_cycle: 2025-04
point_value: 1.00
versions:
  - effective_from: 2025-04-01
    cycle: quarter
    slabs:
      mode: whole
      delayed_accrual: 7
      bands:
        - {id: s1, from: 500000, to: 800000, rate: 0.2%}
        - {id: s2, from: 800000, rate: 0.3%}
"""
CASE = """\
title: Six lakh earn 1,200
steps:
  - on: 2025-07-01
    land: [sales.csv]
expect:
  ledger_entries: expected/ledger.csv
"""
SALES = """\
document_no,document_type,document_date,partner_id,distributor_id,line_no,amount
INV-1,invoice,2025-05-10,R1,D1,1,600000
"""
LEDGER = """\
partner_id,kind,points
R1,promise,1200
"""


WriteCase = Callable[..., Path]
