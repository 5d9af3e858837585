"""Files that are wrecked as a whole, or in the shape of their lines."""

from __future__ import annotations

from decimal import Decimal

from loyalty_pipeline.ingest.arrival import Control
from tests.faults.bad_input.kinds import (
    BYTES,
    GOOD,
    OTHER,
    ROW,
    Accepted,
    File,
    Quarantined,
    Refused,
    line,
)
from tests.unit.ingest.feed_files import SALES, sales

SHAPES = {
    "last row cut, columns missing": File(GOOD[:-12], Refused("no line end")),
    "cut inside the last field": File(GOOD[:-2], Refused("no line end")),
    "cut at a line end, control count": File(
        sales(ROW), Refused("1 rows, the control file says 2"), control=Control(2, None, None)
    ),
    "cut at a line end, control total": File(
        sales(ROW), Refused("the total of amount"), control=Control(None, Decimal(15), None)
    ),
    "other bytes than the control file's": File(
        GOOD, Refused("SHA-256"), control=Control(2, None, "0" * 64)
    ),
    "row with fewer columns": File(
        sales(ROW.rpartition(",")[0], OTHER), Quarantined({2: "field_count"})
    ),
    "row with an extra column": File(sales(f"{ROW},x", OTHER), Quarantined({2: "field_count"})),
    "mark of byte order": File(b"\xef\xbb\xbf" + BYTES, Accepted(2)),
    "UTF-16": File(GOOD.encode("utf-16"), Refused("is not UTF-8")),
    "Latin-1": File(line(sku="é").encode("latin-1"), Refused("line 2: byte 0xE9 is not UTF-8")),
    "overlong UTF-8": File(BYTES.replace(b",A,", b",\xc0\xaf,", 1), Refused("line 2: byte 0xC0")),
    "half of a surrogate pair": File(
        BYTES.replace(b",A,", b",\xed\xa0\x80,", 1), Refused("line 2: byte 0xED")
    ),
    "NUL in a field": File(line(sku="A\0B"), Refused("line 2: a NUL byte")),
    "CR LF": File(GOOD.replace("\n", "\r\n"), Accepted(2)),
    "mixed line ends": File(GOOD.replace("\n", "\r\n", 2), Refused("line 3: mixed line ends")),
    "CR only": File(GOOD.replace("\n", "\r"), Refused("CR")),
    # SPEC: one line is one record, so that a lost quote costs its row, never the rest of the file.
    "unbalanced quote": File(line(sku='"A'), Quarantined({2: "quote_format"})),
    "stray quote in a field": File(line(sku='5" pipe'), Quarantined({2: "quote_format"})),
    "line break in quotes": File(
        line(sku='"A\nB"'), Quarantined({2: "quote_format", 3: "quote_format"})
    ),
    "line break in quotes, control count": File(
        line(sku='"A\nB"'), Refused("3 rows, the control"), control=Control(2, None, None)
    ),
    "column named twice": File(sales(ROW, header=f"{SALES},sku"), Refused("names 'sku' twice")),
    # SPEC: columns are found by their names, so that another order swaps nothing.
    "columns in another order": File(
        sales("10.00,A,1,P1,2025-04-01,1,invoice,D1", header=",".join(SALES.split(",")[::-1])),
        Accepted(1, {"amount": "10.00", "partner_id": "P1"}),
    ),
    "columns in another order, old header": File(
        sales("10.00,A,1,P1,2025-04-01,1,invoice,D1"),
        Quarantined({2: "document_type_value, document_date_format, amount_format"}),
    ),
    "another delimiter": File(GOOD.replace(",", ";"), Refused("unknown column")),
    "unknown column": File(sales(f"{ROW},INR", header=f"{SALES},currency"), Refused("'currency'")),
    "column missing": File(
        sales("D1,invoice", header="distributor_id,document_type"), Refused("'amount' is missing")
    ),
    "column in another case": File(GOOD.replace("sku", "SKU"), Refused("unknown column 'SKU'")),
    "no header": File(f"{ROW}\n{OTHER}\n", Refused("line 1: unknown column 'D1'")),
    "empty file": File(b"", Refused("the file is empty")),
    "header only": File(sales(), Accepted(0)),
    "header only, control file says none": File(
        sales(), Accepted(0), control=Control(0, None, None)
    ),
    "header only, control file says some": File(
        sales(), Refused("0 rows, the control file says 2"), control=Control(2, None, None)
    ),
    "header only, control file does not say": File(
        sales(), Refused("does not say rows=0"), control=Control(None, Decimal(0), None)
    ),
    "blank lines between rows": File(sales(ROW, "", "", OTHER), Refused("line 3: blank")),
    "blank line at the end": File(f"{GOOD}\n", Refused("line 4: blank")),
    "line of delimiters only": File(
        sales(ROW, "," * 7, OTHER),
        Quarantined(
            {
                3: "distributor_id_missing, document_type_missing, document_no_missing, "
                "document_date_missing, partner_id_missing, line_no_missing, amount_missing"
            }
        ),
    ),
    "trailer record": File(sales(ROW, OTHER, "TRL,2,15.00"), Quarantined({4: "field_count"})),
    "two files joined": File(GOOD + GOOD, Refused("line 4: the header again")),
    "two files of nothing but text joined": File(
        "distributor_id,name\nD1,One\ndistributor_id,name\nD2,Two\n",
        Refused("line 3: the header again"),
        "distributors",
    ),
    "two files joined, the other one quoted": File(
        'store_id\nS1\n"store_id"\nS2\n', Refused("line 3: the header again"), "stores"
    ),
    "two files joined, mark between": File(
        BYTES + b"\xef\xbb\xbf" + BYTES, Refused("line 4: a mark of byte order")
    ),
    "end of file mark": File(f"{GOOD}\x1a\n", Refused("line 4: a 0x1A")),
    "field of 10 MB": File(line(sku="x" * 10_000_000), Quarantined({2: "sku_too_long"})),
    "an HTML page": File("<html>\n<body>404</body>\n</html>\n", Refused("unknown column '<html>'")),
    "bytes of a picture": File(b"\x89PNG\r\n\x1a\n" + bytes(40), Refused("0x1A")),
    "too many bad rows": File(
        sales(*(f"D9,invoice,{n},2025-04-01,P1,1,A,x" for n in range(9)), OTHER),
        Refused("9 of 10 rows are bad"),
        form={"max_reject_rate": "50%"},
    ),
}
