"""Values that are none, contradict each other, or only look wrong."""

from __future__ import annotations

from tests.faults.bad_input.kinds import (
    OTHER,
    PARTNERS,
    ROW,
    Accepted,
    File,
    Quarantined,
    Refused,
    fine,
    line,
    one,
)
from tests.unit.ingest.feed_files import sales

NUMBERS = {
    f"number {text!r}": one("amount_format", amount=text)
    for text in (
        *("1,00,000.50", "1,000", "１２", "٤", " 3", "3 ", "1e3", "+5", "--5", "5-", "5.", ".5"),
        *("1.239", "(5)", "5.00CR", "₹10", "USD 10", "NaN", "inf", "0x10", "1" * 16, "#REF!"),
    )
} | {
    f"line number {text!r}": one("line_no_format", line_no=text)
    for text in ("4.0", "１２", "-1", "1" * 10)
}

VALUES = {
    "negative total without a return": one("sign_contradicts_type", amount="-10.00"),
    "zero total": one("sign_contradicts_type", amount="0"),
    "return that adds": one("sign_contradicts_type", document_type="return"),
    # SPEC: a single line may have either sign or be zero; the document's total is what is judged.
    "negative quantity in an invoice": File(
        line(quantity="-2").replace(OTHER, f"{OTHER},1"), Accepted(2, {"quantity": "-2.000"})
    ),
    "free line in an invoice": File(
        sales(ROW, "D1,invoice,1,2025-04-01,P1,2,GIFT,0"), Accepted(2, {"amount": "10.00"})
    ),
    "date before every window": one("document_date_range", document_date="1970-01-01"),
    "date after every window": one("document_date_range", document_date="2999-01-01"),
    "day that is none": one("document_date_format", document_date="2025-02-29"),
    "date in another format": one("document_date_format", document_date="01/04/2025"),
    "number of days instead of a date": one("document_date_format", document_date="45748"),
    "date with a time": one("document_date_format", document_date="2025-04-01T18:30:00Z"),
    "month before day where days come first": File(
        sales(ROW.replace("2025-04-01", "03/31/2025"), OTHER.replace("2025-04-01", "31/03/2025")),
        Quarantined({2: "document_date_format"}),
        form={"date_format": "%d/%m/%Y"},
    ),
    "day that could be a month": File(
        sales(ROW.replace("2025-04-01", "03/04/2025")),
        Accepted(1, {"document_date": "2025-04-03"}),
        form={"date_format": "%d/%m/%Y"},
    ),
    "number used twice in a file": File(
        sales(ROW, ROW.replace("10.00", "11.00"), OTHER),
        Quarantined({2: "line_differs", 3: "line_differs"}),
    ),
    "line repeated in a file": File(sales(ROW, ROW, OTHER), Accepted(2)),
    "lines of a document disagree": File(
        sales(ROW, ROW.replace("P1,1", "P9,2"), OTHER),
        Quarantined({2: "header_differs", 3: "header_differs"}),
    ),
    "one bad line of a document": File(
        sales(ROW, ROW.replace("P1,1,A,10.00", "P1,2,A,x"), OTHER),
        Quarantined({2: "other_line", 3: "amount_format"}),
    ),
    "unknown document type": one("document_type_value", document_type="debit_note"),
    "type in another case": one("document_type_value", document_type="Invoice"),
    "no partner": one("partner_id_missing", partner_id=""),
    "leading zeros": fine(partner_id="007", document_no="0001", sku="000"),
    "space after an id": one("partner_id_whitespace", partner_id="P1 "),
    "no-break space in front of an id": one("partner_id_whitespace", partner_id="\u00a0P1"),
    "ideographic space after an id": one("document_no_whitespace", document_no="1\u3000"),
    "tab after an id": one("partner_id_whitespace, partner_id_control", partner_id="P1\t"),
    "id in another case": fine(partner_id="p1"),
    "zero width joiner in an id": one("partner_id_control", partner_id="P\u200d1"),
    "zero width space in an id": one("document_no_control", document_no="1\u200b"),
    "right to left mark in an id": one("partner_id_control", partner_id="P\u202e1"),
    "mark of byte order in an id": File(line(partner_id="P\ufeff1"), Refused("a mark of byte")),
    "line separator in an id": one("partner_id_control", partner_id="P\u20281"),
    # SPEC has no rule about scripts; such a partner is unmatched where a partner file is read.
    "homoglyph in an id": fine(partner_id="\u04201"),
    "id of 101 characters": one("partner_id_too_long", partner_id="x" * 101),
    **{f"id that starts with {sign}": fine(sku=f"{sign}1+1") for sign in "=+-@"},
    "name that starts a formula": File(
        PARTNERS + "P2,=HYPERLINK(1),-\n", Accepted(2, {"name": "Asha"}), "partners"
    ),
    "name with a bell": File(
        PARTNERS + "P2,A\a,\n", Quarantined({3: "name_control"}), "partners"
    ),
    "partner twice, differently": File(
        PARTNERS + "P1,Usha,\n",
        Quarantined({2: "partner_id_differs", 3: "partner_id_differs"}),
        "partners",
    ),
    "redemption of nothing": File(
        "redemption_id,partner_id,redeemed_on,points\nR,P,2025-04-01,0\n",
        Quarantined({2: "points_not_positive"}),
        "redemptions",
    ),
    "claim in an unknown state": File(
        "claim_id,partner_id,document_no,document_date,amount,status\nC,P,1,2025-04-01,5,paid\n",
        Quarantined({2: "status_value"}),
        "claims",
    ),
    "target without a category": File(
        "partner_id,cycle,target\nP,2025-04,5\nP,2025-05,6\n", Accepted(2), "targets"
    ),
    "instruction that its maker checked": File(
        "instruction_id,kind,partner_id,effective_on,points,reason,maker,checker\n"
        "I,adjust,P,2025-04-01,5,mistake,Asha,Asha\n",
        Quarantined({2: "maker_is_checker"}),
        "instructions",
    ),
    "target of a month that is none": File(
        "partner_id,cycle,category,target\nP,2025-13,,5\n",
        Quarantined({2: "cycle_format"}),
        "targets",
    ),
    "scan twice, differently": File(
        "scan_id,partner_id,scanned_on,code,sku\nS,P,2025-04-01,C,A\nS,Q,2025-04-01,C,A\n",
        Quarantined({2: "scan_id_differs", 3: "scan_id_differs"}),
        "scans",
    ),
}  # fmt: skip
