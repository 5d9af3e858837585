from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_pipeline.program.loader import ProgramFileError, load_program
from loyalty_pipeline.program.versions import PublishedRules
from tests.unit.program.rules_text import BASE, SLABS, TEXT, TIERS, errors, load

V = "versions[2025-04-01]"
WITH_SLABS = {"    lists:": SLABS}
HALVES = "tranches: [{share: 50%, delay: 0}, {share: 50%, delay: 30}]"
ALL_LATER = "tranches: [{share: 0%, delay: 0}, {share: 100%, delay: 30}]"
TEMPLATES = 'templates: {email: {en: "{partner_name}: {points} points"}}'


def test_the_whole_language_loads(tmp_path: Path) -> None:
    version = load(tmp_path, WITH_SLABS).versions[0]
    assert version.lists == {"vip": ("P1", "P2")}
    assert version.coupons[0].pool == ("AB1", "AB2")
    assert [ruleset.name for ruleset in version.rulesets][:2] == ["transaction", "by_line"]


# What is changed, then the field and words of the only error that must follow.
ONE_MISTAKE = [
    # Strategies, alone and with tiers
    ({BASE: "{Silver: 5%, Gold: 10%, Platinum: 15%, Zinc: 1%}"}, "strategies[base].value.Zinc",
     "'Zinc' is not one of the tiers Silver, Gold, Platinum"),
    ({f"value: {BASE}": "value: 5"}, "strategies[base].value", "a share of the basis like 5%"),
    ({BASE: "{Silver: 5%, Gold: x%, Platinum: 15%}"}, "strategies[base].value.Gold", "no figure"),
    ({f"value: {BASE}": "value: 0.00001%"}, "strategies[base].value", "more than 4 decimals"),
    ({"value: 100}\n      - {id: profile": f"value: 100, {ALL_LATER}"
      "}\n      - {id: profile"}, "tranches[#1].share", "a part of 0% is none"),
    ({"value: 10,": "value: 10%,"}, "strategies[visit].value", "10% is a percentage"),
    ({"value: 10,": "value: 10.0001,"}, "strategies[visit].value", "at most 3 are kept"),
    ({"value: 10,": "value: 1000000000,"}, "strategies[visit].value",
     "1000000000 is too large: it must be below 1000000000"),
    ({BASE: "{Silver: 5%, Gold: 10%, Platinum: 15%}, maximum: 1000000000"},
     "strategies[base].maximum", "'1000000000' is too large: it must be below 1000000000"),
    ({BASE: "{Silver: 5%, Gold: 10%, Platinum: 15%}, minimum: 99999999999999999999"},
     "strategies[base].minimum", "is too large: it must be below 1000000000"),
    ({"per: 1, value: 2": "per: 1000000000000, value: 2"}, "strategies[by_size].per",
     "is too large: it must be below 1000000000000"),
    ({"{Silver: 1, Gold: 2, Platinum: 3}": "{Silver: 1, Gold: 1000000000, Platinum: 3}"},
     "campaigns[diwali].value.Gold", "is too large: it must be below 1000000000"),
    ({"from: 30, to: 100, value: 100": "from: 30, to: 100, value: 1000000000"},
     "strategies[lift].value", "is too large: it must be below 1000000000"),
    ({"value: 10,": "value: ten,"}, "strategies[visit].value", "'ten' is no figure: write points"),
    ({"fixed, value: 10,": "fixed, basis: quantity, value: 10,"}, "strategies[visit].basis",
     "only a prorated strategy has a basis"),
    ({"fixed, value: 10,": "fixed, per: 5, value: 10,"}, "strategies[visit].per", "leave it out"),
    ({"fixed, value: 10,": "fixed, maximum: 5, value: 10,"}, "strategies[visit].maximum",
     "fixed points have no maximum"),
    ({"fixed, value: 10,": "fixed, of: [tea], value: 10,"}, "strategies[visit].of",
     "only a multiplier multiplies"),
    ({"fixed, value: 10,": "fixed, to: 7, value: 10,"}, "strategies[visit].to", "only round_up"),
    ({"per: 1, value: 2": "value: 2%, minimum: 5, maximum: 4"}, "strategies[by_size].maximum",
     "must not be below minimum, 5"),
    ({"basis: {document: size}, per: 1, value: 2": "basis: quantity, value: 2%"},
     "strategies[by_size].per", "quantity needs 'per'"),
    ({"basis: line_amount": "basis: line"}, "strategies[tea].basis", "is not one of 'document_am"),
    ({"{document: size}": "{document: season}"}, "basis.document", "season is declared as text"),
    ({"{document: size}": "{document: colour}"}, "basis.document",
     "colour is no custom field of the document: declared under custom are season, size"),
    ({"{document: size}": "{store: zone}"}, "basis.store", "declare 'zone: whole_number'"),
    ({"{document: size}": "{document: size, partner: shops}"}, "strategies[by_size].basis",
     "a basis is one custom field"),
    ({"{document: size}": "{}"}, "strategies[by_size].basis", "a basis is one custom field"),
    ({"type: fixed, value: 5}": "type: fixed, value: 5}\n      - {id: idle, type: fixed, "
      "value: 1}"},
     "strategies[idle].id", "idle is never used"),
    # Terms: promises and tranches
    ({"15%}, delayed_accrual: 7": "15%}"}, "rules[r1].then[#2].allocate",
     "by_size is delayed by 7 days and base is direct: all strategies of transaction must have "
     "the same terms; to pay a part now and a part later, give each of them tranches"),
    ({"15%}, delayed_accrual: 7": "15%}, delayed_accrual: 30"}, "rules[r1].then[#2].allocate",
     "by_size is delayed by 7 days and base is delayed by 30 days"),
    ({"15%}, delayed_accrual: 7": "15%}, delayed_accrual: 7, delay_from: posting"},
     "rules[r1].then[#2].allocate", "delayed by 7 days from posting"),
    ({"basis: line_amount, value: 1%, delayed_accrual: 7": "basis: line_amount, value: 1%"},
     "rules[l1].then[#1].allocate", "tea is direct and base is delayed by 7 days"),
    ({"fixed, value: 100}": "fixed, value: 100, delayed_accrual: 7}"},
     "rules[w1].then[#1].allocate",
     "points of registration are direct: leave delayed_accrual out, or pay in parts by tranches"),
    ({"fixed, value: 5}": "fixed, value: 5, delayed_accrual: 0}"}, "rules[u1].then[#1].allocate",
     "points of customer_update are direct"),
    ({"fixed, value: 5}": "fixed, value: 5, delay_from: posting}"},
     "strategies[profile].delay_from",
     "there is no delay to count"),
    ({"fixed, value: 5}": f"fixed, value: 5, {HALVES.replace('30', '0')}}}"},
     "strategies[profile].tranches[#2].delay", "two parts have 0 days"),
    ({"fixed, value: 5}": f"fixed, value: 5, {HALVES.replace('50%, delay: 3', '40%, delay: 3')}}}"},
     "strategies[profile].tranches", "the shares make 90%"),
    ({"fixed, value: 1}\n": f"fixed, value: 1, delayed_accrual: 7, {HALVES}}}\n"},
     "strategies[coded].delayed_accrual", "tranches say when each part is paid"),
    # Multipliers
    ({"value: 2, of: [base]": "value: 2"}, "strategies[xmas].of", "like of: [base]"),
    ({"value: 2, of: [base]": "value: 1, of: [base]"}, "strategies[xmas].value", "1 adds nothing"),
    ({"value: 2, of: [base]": "value: 200%, of: [base]"}, "strategies[xmas].value",
     "write a multiple, like 2 for double"),
    ({"value: 2, of: [base]": "value: {Silver: 1, Gold: 1, Platinum: 1}, of: [base]"},
     "strategies[xmas].value", "adds nothing to any tier"),
    ({"value: 2, of: [base]": "value: {Silver: 2, Gold: 0.5, Platinum: 1}, of: [base]"},
     "strategies[xmas].value.Gold", "0.5 takes away"),
    ({"value: 2, of: [base]": "value: 2, of: [basis]"}, "strategies[xmas].of[#1]",
     "there is no strategy basis"),
    ({"value: 2, of: [base]": "value: 2, of: [xmas]"}, "strategies[xmas].of[#1]",
     "xmas is a multiplier"),
    ({"value: 2, of: [base]": "value: 2, of: [lift]"}, "strategies[xmas].of[#1]",
     "lift is of module campaign"),
    ({"value: 2, of: [base]": "value: 2, of: [base, welcome]"}, "strategies[xmas].of[#2]",
     "no rule allocates welcome in transaction"),
    ({"value: 2, of: [base]": "value: 2, of: [base], delayed_accrual: 7"},
     "strategies[xmas].delayed_accrual", "as the points it multiplies"),
    ({"{allocate: coded}": "{allocate: coded}, {multiply: xmas}"}, "rules[s1].then[#2].multiply",
     "xmas multiplies nothing in scan: no rule allocates base"),
    ({"[{multiply: xmas}]": "[{coupon: gift}]", "{allocate: tea}":
      "{allocate: tea}, {multiply: xmas}"}, "rules[l1].then[#2].multiply",
     "xmas multiplies nothing in a set of transaction that sees lines: no rule allocates base"),
    ({"match: all": "match: first"}, "rules[r2].then[#1].multiply",
     "where r2 is the first match no other rule of its set acts, so let it also allocate base"),
    ({"    stacking: best\n": ""}, f"{V}.stacking", "best, additive or multiplicative"),
    # Conditions that never hold, or hold for others than meant
    ({"when: \"amount >= 100\"": "when: \"tier >= 'Gold'\""}, "rules[r1].when",
     "tier >= 'Gold' goes by letters, not by which tier is higher: name those you mean"),
    ({"when: \"amount >= 100\"": "when: \"tier between 'Gold' and 'Silver'\""}, "rules[r1].when",
     "goes by letters"),
    ({"when: \"amount >= 100\"": "when: \"'silver' <= lower(tier)\""}, "rules[r1].when",
     "goes by letters"),
    ({"when: \"amount >= 100\"": "when: \"event_month = '4'\""}, "rules[r1].when",
     "event_month is never '4': it is like '04' or '12'"),
    ({"when: \"amount >= 100\"": "when: \"event_month_day = '02-30'\""}, "rules[r1].when",
     "event_month_day is never '02-30'"),
    ({"when: \"amount >= 100\"": "when: \"document_type = 'Invoice'\""}, "rules[r1].when",
     "document_type is never 'Invoice': it is like 'invoice', 'return'"),
    ({"when: \"amount >= 100\"": "when: \"document_type = 'cancellation'\""}, "rules[r1].when",
     "document_type is never 'cancellation'"),
    ({"when: \"amount >= 100\"": "when: \"partner_status in ('Active')\""}, "rules[r1].when",
     "partner_status is never 'Active'"),
    ({"when: \"amount >= 100\"": "when: \"'category' = 'Lamps'\""}, "rules[r1].when",
     "neither is a column: a column stands without quotes"),
    ({"when: \"amount >= 100\"": "when: \"category = 'Lamps'\""}, "rules[r1].when",
     "category is of one of the lines: forward to a set with an id and 'unroll: lines'"),
    ({"when: \"amount >= 100\"": "when: \"tender_type = 'cash'\""}, "rules[r1].when",
     "tender_type is of one of the tenders"),
    ({"when: \"amount >= 100\"": "when: \"amount >= 100 && quantity > 2\""}, "rules[r1].when",
     "write 'and' between conditions"),
    ({"when: \"amount >= 100\"": "when: \"amount >= 100 || quantity > 2\""}, "rules[r1].when",
     "write 'or' between conditions"),
    ({"basis: line_amount, value: 1%": "basis: {document: size}, value: 1%"},
     "rules[l1].then[#1].allocate", "which would be paid once for every line"),
    ({"basis: tender_amount, value: 1%": "basis: tender_amount, value: 0.1"},
     "strategies[card].value", "write a share of the basis like 10% or 0.1%"),
    ({"id: l2": "id: xmas"}, "strategies[xmas].id", "a rule is called xmas, too"),
    # Shape of rulesets
    ({"event: scan\n": "event: scan\n        id: scans\n"}, "rulesets[scans].id", "one of them"),
    ({"      - event: scan\n        match": "      - match"}, "rulesets[#6].event", "one of them"),
    ({"event: scan\n": "event: registration\n",
     "points > 0\", then: [{allocate": "tier = 'Gold'\", "
      "then: [{allocate"}, "rulesets[registration].event", "two rulesets for registration"),
    ({"event: scan\n": "event: scan\n        unroll: lines\n"}, "rulesets[scan].unroll",
     "only in sets that rules forward to"),
    ({"event: scan\n": "event: scan\n        use_proportions: true\n"}, "use_proportions",
     "say 'unroll: lines' beside it"),
    ({"{forward: by_line}, ": ""}, "rulesets[by_line].id", "no rule forwards to by_line"),
    ({"{forward: by_payment}": "{forward: by_payment}, {forward: by_cash}"},
     "rules[r4].then[#2].forward", "there is no set by_cash: sets with an id are by_line"),
    ({"[{allocate: tea}]": "[{allocate: tea}, {forward: by_payment}]"},
     "rules[l1].then[#2].forward", "a set that sees lines or tenders cannot forward"),
    ({"id: l2": "id: r1"}, "rulesets[by_line].rules[r1].id",
     "two rules have the id r1, in transaction and by_line"),
    ({"category = 'tea'": "true"}, "rules[l2].when", "l1 before it holds always"),
    ({"category = 'tea'": "LINE_AMOUNT>5"}, "rules[l2].when",
     "l1 before it has the same condition"),
    ({"category = 'tea'": "false"}, "rules[l1].when", "never holds"),
    ({"category = 'tea'": "line_amount >= 3"}, "rules[l2].when",
     "l1 before it holds whenever this does; put the narrower one first"),
    ({"category = 'tea'": "line_amount > 9 and line_amount < 2"}, "rules[l1].when",
     "never holds: line_amount > 9 and line_amount < 2 exclude each other"),
    ({"category = 'tea'": "line_amount between 9 and 2"}, "rules[l1].when",
     "never holds: there is no value for line_amount BETWEEN 9 AND 2"),
    ({"when: \"amount >= 100\"": "when: \"event_month >= '4'\""}, "rules[r1].when",
     "event_month is never '4'"),
    ({"when: \"amount >= 100\"": "when: \"event_month_day >= '4-1'\""}, "rules[r1].when",
     "event_month_day is never '4-1'"),
    ({"when: \"amount >= 100\"": "when: \"amount in (5,000)\""}, "rules[r1].when",
     "000 begins with 0: numbers have no commas inside, like 5000"),
    ({"when: \"amount >= 100\"": "when: \"lower(tier) = 'Gold'\""}, "rules[r1].when",
     "LOWER(tier) = 'Gold' compares letters of another size: write 'gold'"),
    ({"when: \"amount >= 100\"": "when: \"upper(store_zone) in ('NORTH', 'south')\""},
     "rules[r1].when", "write 'SOUTH'"),
    ({"tier = 'Silver'": "false"}, "campaigns[june].when", "never holds: leave the campaign out"),
    ({"when: \"amount >= 100\"": "when: \"extract(quarter from event_date) = 5\""},
     "rules[r1].when", "there is no value for EXTRACT(QUARTER FROM event_date) = 5"),
    ({"when: \"amount >= 100\"": "when: \"extract(month from event_date) in (0, 13)\""},
     "rules[r1].when", "never holds"),
    ({"when: \"amount >= 100\"": "when: \"extract(isodow from event_date) > 7\""},
     "rules[r1].when", "never holds"),
    ({"net_sales > 0": "slab = 'b1'"}, "rules[c1].when",
     "there is no slab b1: the version has no slabs"),
    ({**WITH_SLABS, "net_sales > 0": "slab in ('b1', 'B2')"}, "rules[c1].when",
     "there is no slab B2: there are b1, b2"),
    ({"{allocate: coded}": "{allocate: coded}, {forward: by_line}"}, "rules[s1].then[#2].forward",
     "by_line sees lines, which only documents of sales have, so none of its rules would act for "
     "scan"),
    ({"{allocate: welcome}": "{allocate: welcome}, {forward: by_payment}"},
     "rules[w1].then[#2].forward", "by_payment sees tenders"),
    # Actions
    ({"{allocate: coded}": "{allocate: coded}, {allocate: teas}"}, "rules[s1].then[#2].allocate",
     "there is no strategy teas"),
    ({"{allocate: coded}": "{allocate: coded}, {allocate: lift}"}, "rules[s1].then[#2].allocate",
     "lift is of module campaign: rules use strategies of module loyalty"),
    ({"{multiply: xmas}": "{multiply: xmas}, {multiply: base}"}, "rules[r2].then[#2].multiply",
     "base is prorated: write {allocate: base}"),
    ({"{multiply: xmas}": "{multiply: xmas}, {allocate: xmas}"}, "rules[r2].then[#2].allocate",
     "xmas is multiplier: write {multiply: xmas}"),
    ({"{allocate: tea}": "{allocate: tea, message: hello}"}, "rules[l1].then[#1]",
     "an action is one key, here is allocate and message"),
    ({"{allocate: tea}": "{allocate: tea}, {}"}, "rules[l1].then[#2]", "here is nothing"),
    ({"{allocate: tea}": "{alocate: tea}"}, "then[#1].alocate", "did you mean allocate?"),
    ({"{upgrade_tier: Gold}": "{upgrade_tier: Zinc}"}, "upgrade_tier", "not one of the tiers"),
    ({"{upgrade_tier: Gold}": "{upgrade_tier: Silver}"}, "upgrade_tier", "Silver is the base tier"),
    ({"{upgrade_tier: Gold}": "{accrue: true}"}, "rules[c1].then[#2].accrue",
     "only in event delayed_accrual, not in cycle_close"),
    ({"{accrue: true}": "{accrue: true}, {set_tier: Gold}"}, "rules[d1].then[#2].set_tier",
     "set_tier is not allowed in delayed_accrual, which has accrue, message, coupon, upgrade_tier"),
    ({"{accrue: true}": "{accrue: true}, {allocate: coded}"}, "rules[d1].then[#2].allocate",
     "allocate is not allowed in delayed_accrual"),
    ({"{accrue: true}": "{accrue: false}"}, "rules[d1].then[#1].accrue", "'false' is not true"),
    ({"{coupon: gift}": "{coupon: gift}, {coupon: gifts}"}, "rules[r3].then[#3].coupon",
     "there is no coupon gifts: there are gift"),
    ({"{message: hello}": "{message: hello}, {message: hi}"}, "rules[w1].then[#3].message",
     "there is no message hi: there are hello"),
    ({"{message: hello}": "{set_tier: Gold}"}, "messages[hello].id", "hello is never used"),
    ({"{coupon: gift}": "{set_tier: Gold}"}, "coupons[gift].id", "gift is never used"),
    ({"{upgrade_tier: Gold}": "{upgrade_tier: Gold}, {set_tier: Silver}"},
     "rules[c1].then[#3].set_tier", "the rule gives a tier already, before this"),
    # Bases where they are used
    ({"basis: line_amount": "basis: document_amount"}, "rules[l1].then[#1].allocate",
     "tea is a share of document_amount, which a set that sees lines has not: use line_amount"),
    ({"basis: tender_amount": "basis: line_amount"}, "rules[p1].then[#1].allocate",
     "which a set that sees tenders has not: use tender_amount"),
    ({"basis: tender_amount": "basis: {partner: shops}"}, "rules[p1].then[#1].allocate",
     "a payment has only its amount"),
    ({"basis: net_sales, ": ""}, "rules[c1].then[#1].allocate", "use net_sales"),
    ({f"prorated, value: {BASE}": "prorated, basis: net_sales, value: 1%"},
     "rules[r1].then[#1].allocate", "net_sales, which transaction has not: use document_amount"),
    ({"{allocate: coded}": "{allocate: coded}, {allocate: closing}"}, "rules[s1].then[#2].allocate",
     "use fixed points, or a custom field of the partner"),
    ({"type: fixed, value: 1}\n": "type: prorated, basis: {document: size}, value: 1%}\n"},
     "rules[s1].then[#1].allocate", "coded is a share of size, and scan has no document"),
    ({"{coupon: gift}]": "{coupon: gift}, {coupon: gift}]"}, "rules[r3].then[#3]",
     "is there twice: each action is done once"),
    ({"[{accrue: true}]": "[{message: hello}]",
      "{partner_name}: {points} points": "{partner_name}"},
     "rulesets[delayed_accrual].rules", "no promise would ever be released, as no rule accrues"),
    # Conditions
    ({"amount >= 100": "amuont >= 100"}, "rules[r1].when", "unknown column amuont: did you mean"),
    ({"category = 'tea'": "category = tea"}, "rules[l1].when", "in single quotes, 'tea'"),
    ({"category = 'tea'": "tender_type = 'tea'"}, "rules[l1].when", "(event transaction)"),
    ({"amount >= 100": "amount >= '100'"}, "rules[r1].when", "numbers have no quotes"),
    ({"amount >= 100": "amount >= 100; drop table x"}, "rules[r1].when", "holds a ;"),
    ({"amount >= 100": "read_csv('x') = 'y'"}, "rules[r1].when", "read_csv is not known here"),
    ({"points > 0\", then: [{allocate": "amount > 0\", then: [{allocate"}, "rules[s1].when",
     "unknown column amount"),
    ({"partner_id in vip": "partner_id in vip and tier in vips"}, "rules[r3].when",
     "no such list, lists here are vip"),
    ({"partner_id in vip": "partner_id = 'P1'"}, "lists.vip", "no condition says 'in vip'"),
    ({"tier = 'Silver'": "amount > 5"}, "campaigns[june].when", "unknown column amount"),
    ({"strategy: lift}\n": "strategy: lift, then: [{message: hullo}]}\n"},
     "campaigns[june].then[#1].message", "there is no message hullo: there are hello"),
    ({"strategy: lift}\n": "strategy: lift, then: [{allocate: visit}]}\n"},
     "campaigns[june].then[#1].allocate", "a campaign gives points by its strategy, beside"),
    ({"strategy: lift}\n": "strategy: lift, then: [{message: hello}]}\n",
      "{partner_name}: {points} points": "{document_no}"},
     "messages[hello].templates.email.en", "{document_no} is no value of the event"),
    # Caps
    ({"per: document, points: 500": "per: document, period: day, points: 500"},
     "caps[each].period", "a document has no period"),
    ({"period: day, points: 1000": "points: 1000"}, "caps[daily].period", "is missing"),
    ({"per: program, points": "per: program, period: day, points"}, "caps[budget].period",
     "is for the cycle"),
    ({", when_exhausted: stop": ""}, "caps[budget].when_exhausted", "stop (who comes first) or"),
    ({"period: day, points: 1000": "period: day, points: 1000, when_exhausted: stop"},
     "caps[daily].when_exhausted", "is for a budget"),
    ({"per: document, points: 500": "per: line, points: 500", "basis: line_amount, value":
      "value", "line_amount > 5": "amount > 5", "category = 'tea'": "amount > 50",
      "unroll: lines": "unroll: lines\n        use_proportions: true"}, "caps[each].per",
     "can never take anything: no set of rules sees lines by themselves (unroll: lines, without "
     "use_proportions)"),
    ({"per: document, points: 500": "per: line, points: 500", "[{allocate: tea}]":
      "[{coupon: gift}]", "then: [{allocate: visit}]": "then: [{coupon: gift}]",
      "then: [{allocate: card}]": "then: [{allocate: card}, {allocate: visit}]",
      "      - {id: tea, type: prorated, basis: line_amount, value: 1%, delayed_accrual: 7}\n": ""},
     "caps[each].per", "can never take anything: no set of rules sees lines"),
    ({"of: [visit]": "of: [visits]"}, "caps[visits].of[#1]", "there is no strategy visits"),
    ({"of: [visit]": "of: [lift]"}, "caps[visits].of[#1]", "there is no strategy lift"),
    ({"of: [visit]": "of: [visit, visit]"}, "caps[visits].of[#2]", "visit is there twice"),
    ({"period: day, points: 1000": "period: day, of: [visit], points: 1000"}, "caps[daily].of",
     "a cap per partner is for all its points"),
    ({"per: strategy, of: [visit]": "per: tier, of: [Zinc]"}, "caps[visits].of[#1]",
     "there is no tier Zinc"),
    ({"per: strategy, of: [visit]": "per: slab"}, "caps[visits].per", "the version has no slabs"),
    ({**WITH_SLABS, "per: strategy, of: [visit]": "per: slab, of: [b1, b9]"}, "caps[visits].of[#2]",
     "there is no slab b9: there are b1, b2, g1"),
    ({"per: document, points: 500": "per: document, points: 1000"}, "caps[each].points",
     "can never matter: daily lets only 1000 through per partner and day"),
    ({"period: day, points: 1000": "period: day, points: 9000"}, "caps[daily].points",
     "can never matter: monthly lets only 9000 through per partner and month"),
    ({"per: program, points: 100000": "per: program, points: 9000"}, "caps[monthly].points",
     "can never matter: budget lets only 9000 through per program and cycle"),
    ({"period: month, points: 9000": "period: month, points: 31000"}, "caps[monthly].points",
     "daily lets at most 1000 through per day, so 31000 per month"),
    ({"period: month, points: 9000": "period: cycle, points: 92000"}, "caps[monthly].points",
     "so 92000 per cycle"),
    ({"period: month, points: 9000": "period: week, points: 7000"}, "caps[monthly].points",
     "so 7000 per week"),
    ({"period: month, points: 9000": "period: year, points: 366000"}, "caps[monthly].points",
     "so 366000 per year"),
    ({"period: month, points: 9000": "period: day, points: 1000"}, "caps[monthly].points",
     "daily before it lets 1000 through"),
    ({"points: 100}": "points: 100}\n      - {id: most, per: strategy, of: [visit], points: 100}"},
     "caps[most].points", "visits before it lets 100 through"),
    ({"points: 100}": "points: 0.5}"}, "caps[visits].points", "more decimals than points"),
    ({"id: visits": "id: daily"}, "caps[daily].id", "two caps have the id daily"),
    ({TIERS: "from: points_earned, thresholds: {Gold: 10, Platinum: 50}, upgrade: immediate, "
             "crossing: issue_then_upgrade"}, "caps[budget].per", "say upgrade: at_close, or"),
    # Slabs
    ({"    lists:": SLABS.replace("mode: whole", "mode: marginal\n      gaps: no_award", 1)},
     f"{V}.slabs.gaps", "say carry_lower, or give the gap a band with 'rate: 0%'"),
    # What points stand under
    ({"    lists:": SLABS.replace("    lists:", SLABS[SLABS.index("      - id: growing"):])
      .replace("{id: g1", "{id: g0", 1)}, "further_slabs[growing].id",
     "two slab tables have the id growing"),
    ({"    lists:": SLABS.replace("id: growing", "id: visit")}, "strategies[visit].id",
     "a slab table is called visit, too"),
    ({"    lists:": SLABS.replace("id: growing", "id: slabs")}, "further_slabs[slabs].id",
     "the main slab table is called slabs, too"),
    ({"    lists:": SLABS.replace("id: growing", "id: diwali")}, "campaigns[diwali].id",
     "a slab table is called diwali, too"),
    ({"id: diwali": "id: visit"}, "campaigns[visit].id", "a strategy is called visit, too"),
    # Tiers
    ({"{Gold: 10, Platinum: 50}": "{Gold: 10}"}, f"{V}.tiers.thresholds",
     "'from: cycle_sales' needs the net sales that earn Platinum"),
    ({TIERS: "from: {window: 4}"}, f"{V}.tiers.thresholds", "'from: {window: 4}' needs the net"),
    ({TIERS: "from: points_earned"}, f"{V}.tiers.thresholds", "needs the points that earn Gold"),
    ({TIERS: f"{TIERS}, upgrade: immediate"}, f"{V}.tiers.crossing", "issue_then_upgrade (the old"),
    ({TIERS: f"{TIERS}, crossing: split"}, f"{V}.tiers.crossing",
     "nothing is crossed before the cycle"),
    ({TIERS: TIERS.replace("cycle_sales", "points_earned, upgrade: immediate, crossing: split"),
      "\n      - {id: budget, per: program, points: 100000, when_exhausted: stop}": ""},
     f"{V}.tiers.crossing", "with points_earned only issue_then_upgrade is possible, not split"),
    ({TIERS: "from: slab"}, f"{V}.tiers.from", "the version has no slabs"),
    ({TIERS: TIERS.replace("cycle_sales", "sales")}, f"{V}.tiers.from",
     "did you mean cycle_sales?"),
    ({TIERS: TIERS.replace("cycle_sales", "{windw: 4}")}, f"{V}.tiers.from.windw", "mean window?"),
    ({**WITH_SLABS, TIERS: TIERS.replace("cycle_sales", "points_earned")},
     "slabs.bands[b2].rates", "with 'from: points_earned' give one rate"),
    ({"{Gold: 10, Platinum: 50}": "{Gold: 10, Platinum: 99999999999999}"},
     f"{V}.tiers.thresholds.Platinum", "is too large: it must be below 1000000000000"),
    ({"points: 100}": "points: 1000000000000}"}, "caps[visits].points", "below 1000000000000"),
    # Slabs
    ({"    lists:": SLABS.replace("b2, from: 10,", "b2, from: 99999999999999,")
      .replace("mode: whole", "mode: whole\n      gaps: carry_lower", 1)}, "bands[b2].from",
     "'99999999999999' is too large: it must be below 1000000000000"),
    ({"    lists:": SLABS.replace("points: 100", "points: 1000000000")}, "bands[g1].points",
     "is too large: it must be below 1000000000"),
    ({"    lists:": SLABS.replace("rate: 1%}", "rate: 1%, points: 5}")}, "bands[b1].points",
     "here is rate and points: give one"),
    ({"    lists:": SLABS.replace(", rate: 1%}", "}")}, "slabs.bands[b1].rate", "here is nothing"),
    ({"    lists:": SLABS.replace("Gold: 2%", "Zinc: 2%")}, "bands[b2].rates.Zinc",
     "'Zinc' is not"),
    ({"    lists:": SLABS.replace("points: 100", "points: 100, tier: Gold")},
     "further_slabs[growing].bands[g1].tier", "only the bands of the main slab table give a tier"),
    ({"    lists:": SLABS.replace("points: 100", "points: 0.5")}, "bands[g1].points",
     "more decimals than points"),
    ({"    lists:": SLABS.replace("from: 10, points", "from: 100000, points")}, "bands[g1].from",
     "100000 is a percentage of growth"),
    ({"    lists:": SLABS.replace("growth\n        mode: whole", "growth\n        mode: marginal")
      .replace("points: 100", "rate: 1%")}, "further_slabs[growing].mode", "say whole"),
    ({"    lists:": SLABS.replace("mode: whole\n      bands", "mode: marginal\n      bands")
      .replace("rate: 1%}", "points: 5}")}, "slabs.bands[b1].points", "say 'mode: whole'"),
    ({"    lists:": SLABS.replace("id: g1", "id: b1")}, "further_slabs[growing].bands[b1].id",
     "two bands have the id b1"),
    ({"    lists:": SLABS.replace("Platinum: 3%}", "Platinum: 3%}, cap: 5"), "id: daily": "id: b2"},
     "caps[b2].id", "a band with a cap is called b2, too"),
    ({"    lists:": SLABS.replace("rate: 1%}", "rate: 1%, cap: 1}")}, "slabs.bands[b1].cap",
     "can never take anything: b1 pays at most 0.1; leave it out"),
    ({"    lists:": SLABS.replace("points: 100", "points: 100, cap: 100")}, "bands[g1].cap",
     "can never take anything: g1 pays at most 100"),
    ({"    lists:": SLABS.replace("to: 10,", "to: 9.99,")
      .replace("mode: whole", "mode: whole\n      gaps: no_award", 1)}, "slabs.bands[b1].to",
     "to is the first amount above the band, so sales of 9.99 would earn nothing: write 'to: 10'"),
    ({"    cycle: quarter": "    cycle: quarter\n    interim: monthly"}, f"{V}.interim",
     "the version has none"),
    ({**WITH_SLABS, "    cycle: quarter": "    cycle: month\n    interim: monthly"},
     f"{V}.interim", "has no months inside"),
    ({"    lists:": SLABS.replace("mode: whole\n      bands",
     "measures: target\n      mode: whole\n"
      "      bands"), "    cycle: quarter": "    cycle: quarter\n    interim: monthly"},
     f"{V}.interim", "target is known when the cycle has ended"),
    # Campaigns
    ({", strategy: lift}": "}", "      - {id: lift, module: campaign, type: round_up, from: 30, "
      "to: 100, value: 100}\n": ""}, "campaigns[june].strategy",
     "a strategy of module campaign, or"),
    ({"strategy: lift}": "strategy: lift, type: fixed, value: 5}"}, "campaigns[june].type",
     "or a ty"),
    ({"strategy: lift}": "strategy: lift, value: 5}"}, "campaigns[june].value",
     "stands in the strategy lift"),
    ({"[2025-10-20], type: fixed, value: {Silver: 1, Gold: 2, Platinum: 3}": "2025-10-20, "
      "strategy: lifted"}, "campaigns[diwali].strategy", "of module campaign there are lift"),
    ({"[2025-10-20], type: fixed, value: {Silver: 1, Gold: 2, Platinum: 3}": "2025-10-20, "
      "strategy: welcome"}, "campaigns[diwali].strategy", "welcome is of module loyalty"),
    ({"from: 30, to: 100, value: 100": "from: 100, to: 130, value: 100"}, "strategies[lift].value",
     "100 lifts nobody: it must be above from, 100"),
    ({"from: 30, to: 100, value: 100": "from: 30, to: 100, value: 80"}, "strategies[lift].to",
     "balances above 80 are not lifted: end it there, or below"),
    ({"from: 30, to: 100, value: 100": "from: 30, to: 20, value: 100"}, "strategies[lift].to",
     "must not be below from, 30"),
    ({"from: 30, to: 100, value: 100": "to: 100, value: 100"}, "strategies[lift].from",
     "round_up needs the balances it lifts"),
    ({"type: round_up, from: 30, to: 100, value: 100": "type: prorated, value: 1%"},
     "strategies[lift].type", "a campaign's strategy is fixed or round_up"),
    ({"from: 30, to: 100, value: 100": "from: 30, to: 100, value: 100, delayed_accrual: 7"},
     "strategies[lift].delayed_accrual", "points of a campaign are direct"),
    ({"type: fixed, value: {Silver: 1, Gold": "type: fixed, from: 5, value: {Silver: 1, Gold"},
     "campaigns[diwali].from", "only round_up lifts a balance"),
    ({"type: fixed, value: {Silver: 1, Gold: 2, Platinum: 3}": "type: fixed"},
     "campaigns[diwali].value", "is missing: fixed needs points"),
    ({"[2025-10-20]": "[2025-10-20, 2025-10-20]"}, "campaigns[diwali].on[#2]", "is there twice"),
    ({"[2025-10-20]": "[]"}, "campaigns[diwali].on", "needs a date"),
    ({"[2025-10-20]": "2025-03-31"}, "campaigns[diwali].on", "is before the version starts"),
    ({"[2025-10-20]": "[2201-01-01]"}, "campaigns[diwali].on[#1]",
     "2201-01-01 is no day of the years 1900 to 2200"),
    ({"[2025-10-20]": "{every: month, from: 2025-05-01, until: 9999-12-31}"},
     "campaigns[diwali].on.until", "9999-12-31 is no day of the years 1900 to 2200"),
    ({"[2025-10-20]": "tomorrow"}, "campaigns[diwali].on", "'tomorrow' is no date"),
    ({"[2025-10-20]": "{every: day, from: 2025-05-01, until: 2025-04-30}"},
     "campaigns[diwali].on.until", "is before its first date, 2025-05-01"),
    ({"[2025-10-20]": "{every: year, from: 2024-06-15, until: 2025-05-01}"},
     "campaigns[diwali].on.until", "no year has a date of it from 2025-04-01 to 2025-05-01"),
    ({"[2025-10-20]": "{every: week, from: 2025-05-01, until: 2025-06-30}"},
     "campaigns[diwali].on.every", "'week' is not one of"),
    ({"id: diwali": "id: june"}, "campaigns[june].id", "two campaigns have the id june"),
    # Messages, coupons, lists
    ({"{points} points": "{pionts} points"}, "templates.email.en", "did you mean points?"),
    ({"{points} points": "{amount} points"}, "templates.email.en", "no value of the event"),
    ({"{points} points": "{points points"}, "templates.email.en", "a { without its }"),
    ({TEMPLATES: 'templates: {email: {en: " "}}'}, "templates.email.en", "is empty"),
    ({TEMPLATES: TEMPLATES.replace("email", "sms")}, "messages[hello].subject", "only e-mails"),
    ({'subject: {en: "Hi"}': 'subject: {hi: "Hi"}'}, "messages[hello].subject", "no subject in en"),
    ({'subject: {en: "Hi"}': 'subject: {en: "Hi", english: "Hi"}'}, "subject.english",
     "'english' is no language"),
    ({"templates: {email: {en: \"{partner_name}: {points} points\"}}": "templates: {email: {}}"},
     "messages[hello].templates.email", "needs a language, like en:"),
    ({"{id: hello,": "{id: hello, language: tongue,"}, "messages[hello].language",
     "tongue is no custom field of the partner: there are city, language, shops"),
    ({"templates: {email:": "templates: {mail:"}, "templates.mail", "did you mean email?"),
    ({", valid_days: 30": ""}, "coupons[gift].valid_days", "valid_days or valid_until"),
    ({"valid_days: 30": "valid_days: 30, valid_until: 2025-12-31"}, "coupons[gift].valid_until",
     "one of them"),
    ({"valid_days: 30": "valid_until: 9999-12-31"}, "coupons[gift].valid_until",
     "9999-12-31 is no day of the years 1900 to 2200"),
    ({"valid_days: 30": "valid_until: 2025-03-31"}, "coupons[gift].valid_until",
     "is before the ver"),
    ({"codes: codes.csv": "codes: codes.csv, prefix: AB"}, "coupons[gift].prefix",
     "only generated"),
    ({"codes: codes.csv": "codes: codes.csv, pool: [A]"}, "coupons[gift].pool", "is filled from"),
    ({"codes: codes.csv": "codes: ../codes.csv"}, "coupons[gift].codes",
     "leads out of the program"),
    ({"codes: codes.csv": "codes: /etc/passwd"}, "coupons[gift].codes", "leads out of the program"),
    ({"vip: vip.csv": "vip: vips.csv"}, "lists.vip", "there is no file 'vips.csv' beside"),
    ({"vip: vip.csv": "vip: ."}, "lists.vip", "there is no file '.' beside"),
    ({"vip: vip.csv": "vip: 5"}, "lists.vip", "expected text, got '5'"),
    # Custom fields
    ({"season: text": "tier: text"}, "feeds.sales.custom.tier", "a column tier already"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field", "words"), ONE_MISTAKE, ids=lambda value: str(value)[:60]
)
def test_a_mistake_in_the_rules_is_named_with_its_line_its_field_and_a_way_out(
    tmp_path: Path, changes: dict[str, str], field: str, words: str
) -> None:
    found = errors(tmp_path, changes)
    assert len(found) == 1, found
    where, _, message = found[0].partition(": ")
    assert re.fullmatch(r"shop\.yaml:[0-9]+", where)
    assert message.partition(": ")[0].endswith(field)
    assert words in message


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    found = errors(
        tmp_path,
        {
            BASE: "{Silver: 5%, Gold: x%, Platinum: 15%}",
            "amount >= 100": "amuont >= 100",
            "{forward: by_line}": "{forward: by_lines}",
            "period: month, points: 9000": "period: month, points: 31000",
            "on: 2025-06-15": "on: tomorrow",
            "unroll: tenders": "unrol: tenders",
        },
        vip="partner_id\n\xff\n",
        codes="code\nA\nA\n",
    )
    assert [line.split(": ")[0] for line in found] == [
        "codes.csv:3",
        "shop.yaml:24",
        "shop.yaml:40",
        "shop.yaml:42",
        "shop.yaml:51",
        "shop.yaml:83",
        "shop.yaml:86",
    ]


def test_a_tier_without_a_multiple_keeps_its_regular_points(tmp_path: Path) -> None:
    changes = {"value: 2, of: [base]": "value: {Silver: 2, Gold: 3}, of: [base]"}
    assert errors(tmp_path, changes) == []


def test_forwards_in_a_circle_are_refused(tmp_path: Path) -> None:
    again = '{id: again, match: all, rules: [{id: a1, when: "true", then: [{forward: more}]}]}'
    more = '{id: more, match: all, rules: [{id: a2, when: "true", then: [{forward: again}]}]}'
    by_payment = "      - id: by_payment\n"
    found = errors(
        tmp_path,
        {
            by_payment: f"      - {again}\n      - {more}\n{by_payment}",
            "{forward: by_payment}": "{forward: by_payment}, {forward: again}",
        },
    )
    assert len(found) == 2
    assert "goes round in a circle: again → more → again" in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "amount >= case when tier = 'Gold' then 100 else 200 end",
        "event_month >= '04' and event_month_day between '04-15' and '12-31'",
        "document_type <> 'claim'",
        "document_type <> 'invoice' or partner_status = 'active'",
        "extract(month from event_date) = 12 or extract(isodow from event_date) >= 6",
        "extract(week from event_date) = 53 and extract(year from event_date) > 2025",
    ],
)
def test_conditions_near_a_refused_one_load(tmp_path: Path, text: str) -> None:
    assert errors(tmp_path, {'when: "amount >= 100"': f'when: "{text}"'}) == []


@pytest.mark.parametrize(
    "changes",
    [
        # Who asks for much takes a smaller share of a prorated budget, so a cap above it matters.
        {"points: 100000, when_exhausted: stop": "points: 8000, when_exhausted: prorate"},
        # Extras of xmas are of base and visit together.
        {"of: [visit], points: 100}": "points: 100}\n"
         "      - {id: extras, per: strategy, of: [xmas], points: 180}",
         "value: 2, of: [base]": "value: 2, of: [base, visit]"},
    ],
)  # fmt: skip
def test_caps_that_matter_beside_tighter_ones_load(tmp_path: Path, changes: dict[str, str]) -> None:
    assert errors(tmp_path, changes) == []


SCANS = (
    TEXT.partition("sources:")[0]
    + """\
versions:
  - effective_from: 2025-04-01
    cycle: quarter
    strategies:
      - {id: coded, type: fixed, value: 1}
    rulesets:
      - event: scan
        match: first
        rules:
          - {id: s1, when: "true", then: [{allocate: coded}]}
    caps:
      - {id: each, per: document, points: 500}
"""
)


def test_a_cap_on_documents_without_rules_for_any_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(SCANS, encoding="utf-8")
    with pytest.raises(ProgramFileError) as caught:
        load_program(path)
    (error,) = caught.value.errors
    assert error.field == f"{V}.caps[each].per"
    assert error.message.startswith("can never take anything: no rules are for transaction or cla")
    for event in ("transaction", "claim"):
        path.write_text(SCANS.replace("event: scan", f"event: {event}"), encoding="utf-8")
        load_program(path)


def test_a_cap_on_lines_is_for_rules_that_see_them(tmp_path: Path) -> None:
    assert errors(tmp_path, {"per: document, points: 500": "per: line, points: 500"}) == []


def test_a_set_shared_with_sales_sees_their_lines(tmp_path: Path) -> None:
    shared = '{id: both, match: all, rules: [{id: a1, when: "true", then: [{forward: by_line}]}]}'
    by_payment = "      - id: by_payment\n"
    changes = {
        by_payment: f"      - {shared}\n{by_payment}",
        "[{forward: by_line}, {coupon: gift}]": "[{forward: both}, {coupon: gift}]",
        "{allocate: coded}": "{allocate: coded}, {forward: both}",
    }
    assert errors(tmp_path, changes) == []


def test_no_way_out_is_told_that_is_refused(tmp_path: Path) -> None:
    """Scans have no lines, so that nothing of lines can be had by forwarding them."""
    of_lines = {"type: fixed, value: 1}\n": "type: prorated, basis: line_amount, value: 1%}\n"}
    (found,) = errors(tmp_path, of_lines)
    assert "coded is a share of line_amount, which scan has not" in found
    assert "unroll" not in found
    asked = {'points > 0", then: [{allocate': "category = 'tea'\", then: [{allocate"}
    (found,) = errors(tmp_path, asked)
    assert "unknown column category" in found
    assert "unroll" not in found


def test_rules_of_releases_need_promises(tmp_path: Path) -> None:
    """Of this version or another one, or of slabs."""
    path = tmp_path / "shop.yaml"
    releases = SCANS.replace("event: scan", "event: delayed_accrual").replace(
        "{allocate: coded}", "{accrue: true}"
    )
    releases = releases.replace(
        """
    strategies:
      - {id: coded, type: fixed, value: 1}""",
        "",
    ).partition("    caps:")[0]
    path.write_text(releases, encoding="utf-8")
    with pytest.raises(ProgramFileError) as caught:
        load_program(path)
    (error,) = caught.value.errors
    assert error.field == f"{V}.rulesets[delayed_accrual].event"
    assert error.message.startswith("no points of the program are promised, so nothing falls due")
    slabs = """\
    slabs:
      mode: whole
      delayed_accrual: 7
      bands: [{id: s1, from: 10, rate: 1%}]
"""
    path.write_text(releases + slabs, encoding="utf-8")
    promising = load_program(path)
    later = releases.replace("effective_from: 2025-04-01", "effective_from: 2025-07-01")
    path.write_text(later, encoding="utf-8")
    load_program(path, PublishedRules(promising.versions))


def test_rules_round_no_balance_up(tmp_path: Path) -> None:
    found = errors(tmp_path, {"module: campaign, type: round_up": "type: round_up"})
    assert "strategies[lift].type: only a campaign rounds a balance up" in found[0]


def test_a_set_on_two_ways_from_an_event_is_refused(tmp_path: Path) -> None:
    one = '{id: one, match: all, rules: [{id: a1, when: "true", then: [{forward: other}]}]}'
    other = '{id: other, match: all, rules: [{id: a2, when: "true", then: [{allocate: visit}]}]}'
    by_payment = "      - id: by_payment\n"
    sets = {
        by_payment: f"      - {one}\n      - {other}\n{by_payment}",
        "{forward: by_payment}": "{forward: by_payment}, {forward: one}",
    }
    assert errors(tmp_path, sets) == []
    twice = {"[{multiply: xmas}]": "[{multiply: xmas}, {forward: one}]"}  # from one set: once
    assert errors(tmp_path, sets | twice) == []
    (found,) = errors(
        tmp_path, sets | {"[{multiply: xmas}]": "[{multiply: xmas}, {forward: other}]"}
    )
    assert "rulesets[one].rules[a1].then[#1].forward: transaction comes to other from" in found


def test_proportions_show_rules_the_document(tmp_path: Path) -> None:
    changes = {"        unroll: lines\n": "        unroll: lines\n        use_proportions: true\n"}
    found = errors(tmp_path, changes)
    assert "use document_amount or quantity" in found[0]
    assert "seen as a whole because of use_proportions" in found[1]
    changes |= {"category = 'tea'": "amount > 10", "line_amount > 5": "amount > 5"}
    changes |= {"basis: line_amount, value": "value"}
    assert errors(tmp_path, changes) == []


def test_immediate_slab_tiers_need_a_table_of_all_net_sales(tmp_path: Path) -> None:
    slabs = SLABS.replace("rate: 1%}", "rate: 1%, tier: Gold}").replace("3%}}", "3%}, tier: Gold}")
    immediate = {TIERS: "from: slab, upgrade: immediate, crossing: split", "    lists:": slabs}
    assert errors(tmp_path, immediate) == []
    immediate["    lists:"] = slabs.replace(
        "mode: whole\n", "mode: whole\n      categories: [tea]\n", 1
    )
    (found,) = errors(tmp_path, immediate)
    assert "tiers.upgrade: a document crosses into a slab only where" in found


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("", 1, "there is no value"),
        ("partner_id\n", 1, "there is no value: the first line is the header"),
        (",name\nP1,x\n", 1, "the first line, which names the column, is empty"),
        ("partner_id\nP1\n,x\n", 3, "the first column is empty"),
        ("partner_id\nP1\n" + "P" * 201, 3, "longer than 200"),
        ("partner_id\nP\u200b1\n", 2, "cannot be printed"),
        ('partner_id\n"P1\n', 2, "this is no CSV"),
        ("partner_id\n" + "\n".join(f"P{n}" for n in range(100_001)), 100_002, "more than 100,000"),
    ],
)
def test_a_list_is_read_with_its_mistakes(
    tmp_path: Path, content: str, line: int, words: str
) -> None:
    found = errors(tmp_path, {}, vip=content)
    assert len(found) == 1
    assert found[0].startswith(f"vip.csv:{line}: ")
    assert words in found[0]
    assert f"for {V}.lists.vip, line 22" in found[0]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "programs"
    folder.mkdir()
    (tmp_path / "outside.csv").write_text("code\nX\n", encoding="utf-8")
    (folder / "inside.csv").symlink_to(tmp_path / "outside.csv")
    (found,) = errors(folder, {"codes: codes.csv": "codes: inside.csv"})
    assert "is a link out of the program's folder" in found


def test_a_list_may_stand_in_the_file_and_values_count_once(tmp_path: Path) -> None:
    version = load(tmp_path, {"vip: vip.csv": "vip: [P9, P8]"}).versions[0]
    assert version.lists == {"vip": ("P9", "P8")}
    version = load(tmp_path, vip="\ufeffpartner_id;x\nP1\n\n P2 \nP1\n").versions[0]
    assert version.lists == {"vip": ("P1", "P2")}


def test_custom_fields_may_come_from_outside_where_there_are_no_sources(tmp_path: Path) -> None:
    load(tmp_path)
    path = tmp_path / "shop.yaml"
    text = re.sub(r"(?s)sources:.*?versions:", "versions:", TEXT)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProgramFileError, match="unknown column store_zone"):
        load_program(path)
    custom = {
        "sales": {"size": "whole_number"},
        "partners": {"city": "text", "shops": "whole_number"},
        "stores": {"zone": "text"},
    }
    assert load_program(path, custom=custom).sources == ()  # type: ignore[arg-type]  # feed names


@settings(max_examples=300, deadline=None)
@given(
    line=st.integers(0, 100),
    word=st.integers(0, 60),
    junk=st.sampled_from(
        ["", "~", "[]", "{}", "[[]]", "{a: b}", "-1", "1.5", "5%", "x", "'", "true"]
    ),
)
def test_whatever_stands_in_rules_they_load_or_are_refused_with_words(
    tmp_path_factory: pytest.TempPathFactory, line: int, word: int, junk: str
) -> None:
    lines = TEXT.replace("    lists:", SLABS).splitlines()
    pieces = re.split(r"([\s,:{}\[\]]+)", lines[line % len(lines)])
    pieces[word % len(pieces)] = junk
    lines[line % len(lines)] = "".join(pieces)
    folder = tmp_path_factory.getbasetemp()
    for name in ("vip", "codes"):
        (folder / f"{name}.csv").write_text("value\nA\n", encoding="utf-8")
    path = folder / "fuzzed_rules.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    mistakes: tuple[object, ...] | None = None
    try:
        load_program(path)
    except ProgramFileError as error:
        mistakes = error.errors
    assert mistakes != ()
