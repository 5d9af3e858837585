from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_pipeline.program.columns import columns_of, fields_in_the_way
from loyalty_pipeline.program.conditions import (
    Condition,
    ConditionError,
    normal_form,
    parse_condition,
)

CUSTOM = {
    "sales": {"size": "whole_number", "user": "text", "value": "whole_number"},
    "partners": {"city": "text"},
}
COLUMNS = {name: column.type for name, column in columns_of("transaction", "lines", CUSTOM).items()}


NEW_YEAR = "2025-01-01"


def read(text: str) -> Condition:
    return parse_condition(text, COLUMNS, lists=("vip",))


def ask(text: str, **values: object) -> bool:
    """What a condition says of one row; columns that are not given are null."""
    condition = read(text)
    columns = ", ".join(f'$"{name}"::{kind} as "{name}"' for name, kind in COLUMNS.items())
    columns = columns.replace('$"', "$").replace('"::', "::")
    row = dict.fromkeys(COLUMNS) | values
    with duckdb.connect() as database:
        database.execute("create table list_members (list_id varchar, value varchar)")
        database.execute("insert into list_members values ('vip', 'P1'), ('vip', 'P2')")
        database.execute("insert into list_members values ('others', 'P3')")
        answer = database.execute(f"select {condition.sql} from (select {columns})", row)
        return bool(answer.fetchall()[0][0])


@pytest.mark.parametrize(
    ("text", "values", "answer"),
    [
        ("amount >= 100", {"amount": 100}, True),
        ("amount >= 100", {"amount": 99.99}, False),
        ("amount >= 100", {}, False),  # nothing known is no yes
        ("not amount >= 100", {}, False),
        ("AMOUNT >= 100", {"amount": 100}, True),
        ("document_date between '2025-12-20' and '2025-12-31'", {"document_date": "2025-12-31"}, 1),
        ("document_date between '2025-12-20' and '2025-12-31'", {"document_date": "2026-01-01"}, 0),
        ("document_date in ('2025-12-20', date '2025-12-21')", {"document_date": "2025-12-21"}, 1),
        (
            "event_date <= enrolled_on + 30",
            {"event_date": "2025-01-31", "enrolled_on": "2025-01-01"},
            1,
        ),
        (
            "event_date <= enrolled_on + 30",
            {"event_date": "2025-02-01", "enrolled_on": "2025-01-01"},
            0,
        ),
        ("partner_id in vip", {"partner_id": "P1"}, True),
        ("partner_id in vip", {"partner_id": "P3"}, False),
        ("value + 1 > 1 and partner_id in vip", {"partner_id": "P1", "value": 1}, True),
        ("partner_id not in vip and amount > 1", {"partner_id": "P3", "amount": 2}, True),
        ("tier in ('Gold', 'Silver')", {"tier": "Silver"}, True),
        ("tier = 'It''s gold'", {"tier": "It's gold"}, True),
        ("lower(partner_city) like 'pun%'", {"partner_city": "Pune"}, True),
        ("partner_city not like 'P%' or partner_city is null", {}, True),
        ("starts_with(sku, 'A')", {"sku": "AB"}, True),
        ("extract(month from event_date) = 4", {"event_date": "2025-04-30"}, True),
        ("event_month_day = '04-15'", {"event_month_day": "04-15"}, True),
        ("amount * 2 + 1 > current_points", {"amount": 5, "current_points": 10.5}, True),
        ("size > 5", {"size": 12}, True),
        ("user = 'asha'", {"user": "asha"}, True),  # not the database's user
        ("case tier when 'Gold' then 2 else 1 end * 3 > 5", {"tier": "Gold"}, True),
        ("coalesce(size, 0) = 0", {}, True),
        ("greatest(amount, 5) = least(7, 5)", {"amount": 3}, True),
        ("amount > -5 and -amount < 5 and abs(amount) = 4", {"amount": -4}, True),
        ("length(sku) = 2", {"sku": "AB"}, True),
        ("line_no + 2147483647 > 0", {"line_no": 2147483647}, True),  # no overflow
        ("(amount > 1 and tier = 'Gold') or (amount > 5)", {"amount": 6}, True),
        ("true", {}, True),
        ("case when amount > 1 then false else true end", {"amount": 1}, True),
    ],
)
def test_a_condition_says_what_it_means(text: str, values: dict[str, object], answer: bool) -> None:
    assert ask(text, **values) is bool(answer)


def test_a_condition_knows_what_it_asks() -> None:
    condition = read("  partner_id in vip and (amount > 5 or tier = 'value') ")
    assert condition.text == "partner_id in vip and (amount > 5 or tier = 'value')"
    assert condition.columns == {"partner_id", "amount", "tier"}
    assert condition.lists == {"vip"}
    assert condition.sql.startswith("coalesce((")
    assert condition.sql.endswith("), false)")


REFUSED = [
    ("", "is empty"),
    ("   ", "is empty"),
    ("amount > 1 " + "or amount > 1 " * 200, "2,000"),
    ("amount > 1\nand tier = 'x'", "line break"),
    ("amount > 1\x00", "cannot be printed"),
    ("tier = 'a\u200bb'", "cannot be printed"),
    ("tier = 'a\\'", "a backslash"),
    ("tier = 'a\\' or 1=1 --'", "a backslash"),
    ("tier = 'Gold", "a text that has no end"),
    ('"tier = 1', "a column that has no end"),
    ("tier = \u2018Gold\u2019", "straight quotes"),
    ("amount > 1 -- always", "a comment"),
    ("amount > 1 /* or */ ", "a comment"),
    ("amount > 1; drop table x", "holds a ;"),
    ("amount > $1", "holds $"),
    ("tier = $$Gold$$", "holds $"),
    ("#1 = 2", "holds #"),
    ("amount > ?", "holds ?"),
    ("@amount > 1", "holds @"),
    ("amount in [1, 2]", "holds ["),
    ("tier ~ 'G'", "holds ~"),
    ("amount ^ 2 > 1", "holds ^"),
    ("{'a': 1} = tier", "holds {"),
    ("amount > 0x10", "0x10 is no number"),
    ("amount > 1e5", "1e5 is no number"),
    ("amount > 1_000", "1_000 is no number"),
    ("amount > .5", ".5 is no number"),
    ("amount > 5.", "5. is no number"),
    ("amount > 1234567890123456", "is no number"),
    ("amount > 0.1234567", "is no number"),
    ("tier = E'\x27\x27'", "a space before each quote"),
    ("tier = x'41'", "a space before each quote"),
    ("tier = N'Gold'", "a space before each quote"),
    ("amount >", "cannot be read"),
    ("amount > 1 amount", "cannot be read"),
    ("amount > 1 as x", "cannot be read"),
    ("select 1", "cannot be read"),
    ("(" * 60 + "true" + ")" * 60, "nested too deeply"),
    ("(" * 900 + "true" + ")" * 900, "nested too deeply"),
    ("not " * 300 + "true", "nested too deeply"),
    ("(select 1) = 1", "a query inside a condition"),
    ("exists (select 1)", "a query inside a condition"),
    ("amount in (select 1)", "a query inside a condition"),
    ("partner_id in (select value from list_members)", "a query inside a condition"),
    ("partner_id in gold_club", "no such list, lists here are vip"),
    ("amount in vip", "a list is one of texts"),
    ("read_csv('/etc/passwd') = tier", "the function read_csv is not known here"),
    ("getenv('HOME') = tier", "the function getenv is not known here"),
    ("pg_sleep(5) is null", "the function pg_sleep is not known here"),
    ("count(amount) > 1", "the function count is not known here"),
    ("random() > 1", "the function rand"),
    ("current_date = event_date", "today is not known here"),
    ("amount / 2 > 1", "division is not exact"),
    ("amount % 2 = 1", "remainder"),
    ("tier || 'x' = 'y'", "cannot be joined"),
    ("tier ilike 'g%'", "lower(column) like"),
    ("tier like 'g%' escape '!'", "escape is not known"),
    ("tier collate nocase = 'x'", "collate is not known"),
    ("amount between symmetric 1 and 5", "not known here"),
    ("length(tier, 'x') = 1", "not known here"),
    ("lower(distinct tier) = 'x'", "is not allowed"),
    ("x.amount > 1", "x.amount is written in a way"),
    ("amount::varchar = '1'", "nothing else is cast"),
    ("cast(tier as integer) = 1", "nothing else is cast"),
    ("try_cast('2025-01-01' as date) = event_date", "try_cast is not known"),
    ("interval 1 day = event_date", "add days as a number"),
    ("columns(*) is null", "not known here"),
    ('"Gold" = tier', "in double quotes is a column"),
    ("tier = Gold", "unknown column Gold"),
    ("amuont > 1", "did you mean amount"),
    ("tier", "is a text, not a condition"),
    ("amount", "is a number, not a condition"),
    ("amount = 'x'", "numbers have no quotes"),
    ("document_no > 5", "document_no is text, so write '5' in quotes"),
    ("amount + tier > 1", "+ and - take numbers"),
    ("amount and true", "'and' and 'or' join conditions"),
    ("not amount", "'not' stands before a condition"),
    ("1 < amount < 3", "join comparisons by 'and'"),
    ("(amount > 1) > (amount > 2)", "no order"),
    ("amount = null", "is null"),
    ("tier in ('Gold', null)", "write values there"),
    ("tier in ('Gold', 5)", "cannot be compared"),
    ("tier in (amount)", "write values there"),
    ("tier in ()", "at least one value"),
    ("tier is true", "goes with null only"),
    ("amount like '1%'", "compare texts"),
    ("amount * amount > 5", "a number written out"),
    ("amount * 2 * 3 > 5", "multiplies a product again"),
    ("amount * 123456789 > 5", "too many digits"),
    ("event_date > '2025-02-30'", "no day of the calendar"),
    ("event_date > '1 May 2025'", "is no date"),
    ("event_date - enrolled_on > 30", "whole days are added"),
    ("event_date + 1.5 > enrolled_on", "whole days are added"),
    ("event_date + 99999 > enrolled_on", "at most 36,500"),
    ("extract(epoch from event_date) > 1", "extract takes year"),
    ("extract(year from tier) > 1", "extract takes a date"),
    ("extract('year' from event_date) > 1", "extract takes year"),
    ("coalesce(amount, 'x') = 1", "taken for one another"),
    ("case when amount > 1 then 1 else 'x' end = 1", "results of one case"),
    ("case when amount then 1 end = 1", "needs a condition"),
    ("greatest(amount > 1, true)", "no order"),
    ("case when true then null end is null", "nothing equals null"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=lambda value: value[:40])
def test_what_is_no_condition_is_refused_with_the_way_out(text: str, words: str) -> None:
    with pytest.raises(ConditionError) as caught:
        read(text)
    assert words in str(caught.value)


def test_two_ways_to_write_a_condition_are_one() -> None:
    assert normal_form("amount>=100 AND tier='A  b'") == normal_form(
        "amount >= 100 and tier = 'A  b'"
    )
    assert normal_form("tier = 'A b'") != normal_form("tier = 'A  b'")
    assert normal_form("no condition at all (") == "no condition at all ("


def test_every_event_has_its_columns() -> None:
    every = columns_of("registration", None, CUSTOM)
    assert every["partner_city"].field == "city"
    assert (every["partner_city"].of, every["partner_city"].type) == ("partner", "VARCHAR")
    assert {"tier", "current_points", "event_month"} <= set(every)
    assert not {"amount", "size", "line_no"} & set(every)
    document = columns_of("claim", None, {"stores": {"zone": "text"}, **CUSTOM})
    assert (document["size"].of, document["size"].type) == ("document", "BIGINT")
    assert document["store_zone"].of == "store"
    assert "line_no" not in document
    assert {"tender_type", "tender_amount", "amount"} <= set(columns_of("claim", "tenders", {}))
    assert set(columns_of("scan", None, {})) - set(columns_of("campaign", None, {})) == {
        "scan_id", "scanned_on", "code", "sku", "points",
    }  # fmt: skip
    assert {"points", "promised_on"} <= set(columns_of("delayed_accrual", None, {}))
    assert {"net_sales", "documents", "slab"} <= set(columns_of("cycle_close", None, {}))


def test_a_custom_field_never_takes_the_place_of_a_column() -> None:
    custom = {
        "sales": {"tier": "whole_number", "partner_city": "text"},
        "partners": {"city": "text", "id": "text"},
    }
    assert columns_of("transaction", None, custom)["tier"].field is None
    assert columns_of("transaction", None, custom)["partner_id"].of == "event"
    assert fields_in_the_way(custom) == {
        ("sales", "tier"): "tier",
        ("sales", "partner_city"): "partner_city",
        ("partners", "id"): "partner_id",
    }  # fmt: skip


TEXTS = st.sampled_from(
    ["'Gold'", "'it''s'", "''", "'2025-01-01'", "tier", "sku", "upper(tier)", "lower('A')"]
)
DATES = st.sampled_from(
    ["event_date", "enrolled_on", "'2025-04-01'", "date '2025-04-01'", "event_date + 30"]
)
DIGITS = ["0", "7", "0.25", "-3", "999999999999999", "999999999999999.999999"]
FIGURES = ["amount", "quantity", "line_no", "size", "total_points", "length(sku)"]
NUMBERS = st.recursive(
    st.sampled_from([*DIGITS, *FIGURES, "extract(year from event_date)"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-"]), inner).map(" ".join),
        st.tuples(inner, st.sampled_from(["2", "0.5", "12345678", "1.234567"])).map(" * ".join),
        st.tuples(st.sampled_from(["abs", "-"]), inner).map(lambda v: f"{v[0]}({v[1]})"),
        st.tuples(st.sampled_from(["greatest", "least", "coalesce"]), inner, inner).map(
            lambda v: f"{v[0]}({v[1]}, {v[2]})"
        ),
        st.tuples(inner, inner).map(lambda v: f"case when {v[0]} > 5 then {v[1]} end"),
    ),
    max_leaves=6,
)
ANYTHING = st.one_of(TEXTS, DATES, NUMBERS)
SIGNS = st.sampled_from(["=", "<>", "<", ">=", "like"])
COMPARED = st.tuples(ANYTHING, SIGNS, ANYTHING).map(" ".join)
BETWEEN = st.tuples(ANYTHING, ANYTHING, ANYTHING).map(lambda v: f"{v[0]} between {v[1]} and {v[2]}")
LISTED = st.tuples(ANYTHING, ANYTHING, ANYTHING).map(lambda v: f"{v[0]} in ({v[1]}, {v[2]})")
ATOMS = st.one_of(COMPARED, BETWEEN, LISTED, st.just("partner_id in vip"), st.just("true"))
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or", "="]), inner).map(" ".join),
        inner.map(lambda one: f"not ({one})"),
    ),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None)
@given(text=CONDITIONS)
def test_whatever_is_accepted_is_a_boolean_and_never_fails(text: str) -> None:
    try:
        condition = read(text)
    except ConditionError:
        return
    columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    with duckdb.connect() as database:
        database.execute(f"create table events ({columns})")
        database.execute("create table list_members (list_id varchar, value varchar)")
        empty = database.execute(f"select {condition.sql} from events")
        assert [str(column[1]) for column in empty.description] == ["BOOLEAN"]
        database.execute("insert into events (partner_id) values ('P1')")
        large = {"VARCHAR": "9", "DATE": "9999-12-01", "BIGINT": "999999999999999999"}
        values = [large.get(kind, "999999999999.99") for kind in COLUMNS.values()]
        database.execute(f"insert into events values ({', '.join('?' * len(values))})", values)
        assert len(database.execute(f"select {condition.sql} from events").fetchall()) == 2
