from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.loader import ProgramFileError, RuleError, load_program, load_programs
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import PublishedRules

V = "versions[2024-04-01]"
S2 = "- {id: s2, from: 800000, to: 1200000, rate: 0.3%, tier: Gold}"
S3 = "- {id: s3, from: 2000000, rate: 0.4%, tier: Platinum, cap: 10000}"
TIERS = "tiers: {order: [Base, Silver, Gold, Platinum], from: slab}"

SOURCE = """\
sources:
  - {id: dms, host: h, user: u, password: {env: P}, known_hosts: k, feeds: {sales: {pattern: s}}}
"""

# What is changed, then the line, the field and words of the only error that must follow.
ONE_MISTAKE = [
    ({"program: rewards": "program: Rewards"}, 1, "program", "is no identifier"),
    ({"name: Rewards\n": ""}, 1, "name", "is missing"),
    ({"currency: INR": "currency: rupees"}, 3, "currency", "'rupees'"),
    ({"Asia/Kolkata": "Asia/Calcuta"}, 4, "time_zone", "is no time zone: use one like"),
    ({"fiscal_start: april": "fiscal_start: apirl"}, 5, "fiscal_start", "did you mean april?"),
    ({"first_cycle: 2024-04": "first_cycle: 2024-05"}, 6, "first_cycle", "named 2024-04, the next"),
    ({"first_cycle: 2024-04": "first_cycle: 2024-13"}, 6, "first_cycle", "is no month"),
    ({"first_cycle: 2024-04": "first_cycle: 2024-01"}, 9, f"{V}.effective_from", "no version is"),
    ({"point_value: 1.00": "point_value: 1_000"}, 7, "point_value", "'1_000' is no number"),
    ({"point_value: 1.00": "point_value: 0"}, 7, "point_value", "must be greater than 0"),
    ({"point_value: 1.00": "point_value: 1e3"}, 7, "point_value", "'1e3' is no number"),
    ({"point_value: 1.00": "point_value: 0x10"}, 7, "point_value", "'0x10' is no number"),
    ({"point_value: 1.00": "point_value: 12:30"}, 7, "point_value", "'12:30' is no number"),
    ({"point_value: 1.00": "point_value: .inf"}, 7, "point_value", "'.inf' is no number"),
    ({"point_value: 1.00": "point_value: 010"}, 7, "point_value", "'010' is no number"),
    ({"point_value: 1.00": "point_value: true"}, 7, "point_value", "'true' is no number"),
    ({"name: Rewards": "name: Rewards\nname: Again"}, 3, "name", "twice, first on line 2"),
    ({"name: Rewards": "name: 2024"}, 2, "name", "expected text, got '2024': put it in quotes"),
    ({"name: Rewards": "name: !!python/name:os.system x"}, 2, "name", "the tag"),
    ({"name: Rewards": "nmae: Rewards"}, 2, "nmae", "did you mean name?"),
    ({"effective_from: 2024-04-01": "effective_from: 2024-02-30"}, 9, "", "no day of the calendar"),
    ({"effective_from: 2024-04-01": "effective_from: 86400"}, 9, "", "'86400' is no date"),
    ({"effective_from: 2024-04-01": "effective_from: 9999-12-31"}, 9, "", "years 1900 to 2200"),
    ({"effective_from: 2024-04-01": "effective_from: 0001-01-01"}, 9, "", "years 1900 to 2200"),
    ({"effective_from: 2024-04-01": "effective_from: 1-4-2024"}, 9, "", "is no date"),
    ({"cycle: quarter": "cycle: quater"}, 10, f"{V}.cycle", "did you mean quarter?"),
    ({"decimals: 0": "decimals: 4"}, 11, f"{V}.rounding.decimals", "less than or equal to 3"),
    ({"decimals: 0": "decimals: yes"}, 11, f"{V}.rounding.decimals", "a whole number, got 'yes'"),
    ({"mode: half_up": "mode: half-up"}, 11, f"{V}.rounding.mode", "did you mean half_up?"),
    ({"      mode: whole\n": ""}, 12, f"{V}.slabs.mode", "is missing"),
    ({"delayed_accrual: 7": "delayed_accrual: -1"}, 15, f"{V}.slabs.delayed_accrual", "or equal"),
    ({"rate: 0.3%": "rate: 0.003"}, 18, f"{V}.slabs.bands[s2].rate", "with a percent sign"),
    ({"rate: 0.3%": "rate: 0.00003%"}, 18, f"{V}.slabs.bands[s2].rate", "more than 4 decimals"),
    ({"rate: 0.3%": "rate: -1%"}, 18, f"{V}.slabs.bands[s2].rate", "no percentage"),
    ({"from: 500000": "from: 500000.005"}, 17, f"{V}.slabs.bands[s1].from", "at most 2 are kept"),
    ({"from: 500000": "from: -1"}, 17, f"{V}.slabs.bands[s1].from", "greater than or equal to 0"),
    ({"id: s2": "id: s1"}, 18, f"{V}.slabs.bands[s1].id", "two bands have the id s1"),
    ({"to: 800000": "to: 900000"}, 18, f"{V}.slabs.bands[s2].from", "s2 from 800000 overlaps s1"),
    ({"to: 800000": "to: 500000"}, 17, f"{V}.slabs.bands[s1].to", "must be above from, 500000"),
    ({", to: 800000": ""}, 18, f"{V}.slabs.bands[s2].from", "overlaps s1, which is open upwards"),
    (
        {"      gaps: carry_lower\n": "\n"},
        19,
        f"{V}.slabs.bands[s3].from",
        "sales from 1200000 to 2000000 lie in no band, between s2 and s3: "
        "say 'gaps: carry_lower' (rate, tier and cap of s2) or 'gaps: no_award'",
    ),
    ({"from: 2000000": "from: 700000"}, 19, f"{V}.slabs.bands[s3].from", "from low to high"),
    ({"from: 2000000,": "from: 2000000, to: 3000000,"}, 19, "", "the top band must be open"),
    ({"tier: Gold": "tier: Golden"}, 18, f"{V}.slabs.bands[s2].tier", "not one of the tiers Base"),
    ({"tier: Gold": "tier: Base"}, 18, f"{V}.slabs.bands[s2].tier", "must not mean a lower tier"),
    ({", tier: Gold": ""}, 18, f"{V}.slabs.bands[s2].tier", "no tier is below Silver"),
    ({"cap: 10000": "cap: 10000.5"}, 19, f"{V}.slabs.bands[s3].cap", "more decimals than points"),
    ({"points: 5000": "points: 0.5"}, 22, f"{V}.caps[c1].points", "more decimals than points"),
    ({"points: 5000": "points: 5000.0001"}, 22, f"{V}.caps[c1].points", "too many decimals"),
    ({"[Base, Silver,": "[Base, Silver, Silver,"}, 20, f"{V}.tiers.order[#3]", "is there twice"),
    ({"from: slab": "from: slab, kept: 0"}, 20, f"{V}.tiers.kept", "greater than or equal to 1"),
    ({"from: slab": "from: slab, thresholds: {Gold: 5}"}, 20, f"{V}.tiers.thresholds", "belong to"),
    ({"period: cycle, points: 5000}": "points: 5000}"}, 22, f"{V}.caps[c1].period", "is missing"),
    # Known to the rules language, not to this version of the product:
    ({"cycle: quarter": "cycle: quarter\n    clawback: pending_only"}, 11, "", "not supported by"),
    ({"cycle: quarter": "cycle: quarter\n    expiry: {months: 12}"}, 11, "", "supported is 'none'"),
]


@pytest.mark.parametrize(
    ("changes", "line", "field", "words"), ONE_MISTAKE, ids=lambda value: str(value)[:50]
)
def test_a_mistake_is_named_with_its_line_its_field_and_a_way_out(
    errors_of: Callable[..., list[RuleError]],
    changes: dict[str, str],
    line: int,
    field: str,
    words: str,
) -> None:
    errors = errors_of(changes)
    found = [error for error in errors if words in error.message]
    assert found, [str(error) for error in errors]
    assert field in found[0].field
    assert found[0].line == line
    assert len(errors) == 1, [str(error) for error in errors]


def test_five_mistakes_at_once_give_five_errors_in_the_order_of_the_file(
    errors_of: Callable[..., list[RuleError]],
) -> None:
    errors = errors_of(
        {
            "currency: INR": "currency: inr",
            "mode: whole": "mode: hole",
            "to: 800000": "to: 900000",
            "rate: 0.4%": "rate: 0.004",
            "points: 5000": "pionts: 5000",
        }
    )
    assert [(error.line, error.field) for error in errors] == [
        (3, "currency"),
        (13, f"{V}.slabs.mode"),
        (18, f"{V}.slabs.bands[s2].from"),
        (19, f"{V}.slabs.bands[s3].rate"),
        (22, f"{V}.caps[c1].pionts"),
    ]


def test_the_text_of_the_error_has_one_line_a_mistake_as_editors_read_them(
    load: Callable[..., Program], tmp_path: Path
) -> None:
    with pytest.raises(ProgramFileError) as caught:
        load({"currency: INR": "currency: inr", "cycle: quarter": "cycle: fortnight"})
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{tmp_path / 'rewards.yaml'}:3: currency: ")
    assert lines[1].startswith(
        f"{tmp_path / 'rewards.yaml'}:10: {V}.cycle: 'fortnight' is not one of"
    )


def test_thresholds_belong_to_every_tier_but_the_base_and_rise(
    errors_of: Callable[..., list[RuleError]],
) -> None:
    by_sales = TIERS.replace("slab", "cycle_sales")
    bands = {", tier: Silver": "", ", tier: Gold": "", ", tier: Platinum": ""}
    for thresholds, words in [
        ("{Silver: 5, Gold: 6}", "needs the net sales that earn Platinum"),
        ("{Silver: 5, Gold: 5, Platinum: 6}", "must be above that of Silver, 5"),
        ("{Base: 1, Silver: 5, Gold: 6, Platinum: 7}", "Base is the base tier"),
        ("{Silver: 5, Gold: 6, Platinum: 7, Zinc: 8}", "'Zinc' is not one of the tiers"),
    ]:
        tiers = by_sales.replace("}", f", thresholds: {thresholds}}}")
        errors = errors_of({**bands, TIERS: tiers})
        assert [words in error.message for error in errors] == [True]
        assert errors[0].line == 20


def test_tiers_from_slab_need_slabs_and_band_tiers_need_tiers(
    errors_of: Callable[..., list[RuleError]], load: Callable[..., Program]
) -> None:
    errors = errors_of({f"    {TIERS}\n": ""})
    assert [error.line for error in errors] == [17, 18, 19]
    assert all("the version has no tiers" in error.message for error in errors)
    errors = errors_of({TIERS: "tiers: {order: [Base], from: cycle_sales}"})
    assert all("only when tiers come 'from: slab'" in error.message for error in errors)


VERSION_2 = "  - {effective_from: 2024-05-16, cycle: quarter, applies: by_document_date}\n"


def test_versions_differ_in_day_and_restate_alike(
    errors_of: Callable[..., list[RuleError]],
) -> None:
    errors = errors_of(more="  - {effective_from: 2024-04-01, cycle: quarter}\n")
    assert [(error.line, "join them" in error.message) for error in errors] == [(23, True)]
    later = "  - {effective_from: 2025-04-01, cycle: quarter, restate: own_cycle}\n"
    errors = errors_of(more=later)
    assert [error.line for error in errors] == [23]
    assert "all versions of a program must restate alike" in errors[0].message


@pytest.mark.parametrize(
    ("day", "cycle", "remedy"),
    [
        ("2025-05-01", "month", "start the version on 2025-04-01 or 2025-07-01"),
        ("2025-04-15", "month", "start the version on 2025-04-01 or 2025-07-01"),
        ("2025-07-01", "year", "start the version on 2025-04-01 or 2026-04-01"),
        ("2025-07-01", "half_year", "start the version on 2025-04-01 or 2025-10-01"),
    ],
)
def test_cycles_change_their_length_where_cycles_of_both_start(
    errors_of: Callable[..., list[RuleError]],
    load: Callable[..., Program],
    day: str,
    cycle: str,
    remedy: str,
) -> None:
    version = f"  - {{effective_from: {day}, cycle: {cycle}}}\n"
    (error,) = errors_of(more=version)
    assert (error.line, error.field) == (23, f"versions[{day}].cycle")
    assert f"cycles are a {cycle} from here on and a quarter up to then" in error.message
    assert remedy in error.message
    assert load(more=version.replace(day, "2025-04-01")).versions[1].cycle == cycle


def test_posted_cycles_keep_their_length(errors_of: Callable[..., list[RuleError]]) -> None:
    posted = (
        Cycle(date(2024, 4, 1), date(2024, 7, 1)),
        Cycle(date(2025, 4, 1), date(2025, 7, 1)),
    )
    (error,) = errors_of(
        more="  - {effective_from: 2025-04-01, cycle: month}\n",
        published=PublishedRules((), posted),
    )
    assert (error.line, error.field) == (23, "versions[2025-04-01].cycle")
    assert "2025-04 would not be the same days any more" in error.message
    assert "begin on 2025-07-01 or later" in error.message


def test_one_cycle_cannot_be_whole_and_marginal(
    errors_of: Callable[..., list[RuleError]], load: Callable[..., Program]
) -> None:
    errors = errors_of(more=VERSION_2)
    told = "slabs are absent here and whole of net_sales, all sales in the version of 2024-04-01"
    assert told in errors[0].message
    assert load(more=VERSION_2.replace("05-16", "07-01")).versions[1].slabs is None


@pytest.mark.parametrize(
    ("slabs", "further", "told"),
    [
        ("measures: growth", "", "slabs are whole of growth, all sales here and whole of net"),
        ("categories: [lamps]", "", "slabs are whole of net_sales, lamps here and whole of net"),
        ("mode: whole", "    interim: monthly\n", "interim awards are monthly here and none in"),
        (
            "mode: whole",
            "    further_slabs:\n"
            "      - {id: more, mode: marginal, bands: [{id: a, from: 1, rate: 1%}]}\n",
            "further slabs are more (marginal of net_sales, all sales) here and absent in",
        ),
    ],
)
def test_one_cycle_cannot_have_two_ways_of_slabs(
    errors_of: Callable[..., list[RuleError]], slabs: str, further: str, told: str
) -> None:
    mode = "" if slabs.startswith("mode") else ", mode: whole"
    version = (
        "  - effective_from: 2024-05-16\n    cycle: quarter\n    applies: by_document_date\n"
        f"    slabs: {{{slabs}{mode}, bands: [{{id: b, from: 1000, rate: 1%}}]}}\n{further}"
    )
    found = [error.message for error in errors_of(more=version)]
    assert [message for message in found if "one cycle cannot have both" in message] == [
        message for message in found if told in message
    ]
    assert any(told in message for message in found), found


def test_a_file_may_leave_out_published_versions(load: Callable[..., Program]) -> None:
    published = PublishedRules(load().versions)
    later = {"effective_from: 2024-04-01": "effective_from: 2025-04-01"}
    assert load(later, published=published).versions[0].label == "2025-04-01"
    with pytest.raises(ProgramFileError, match="no version is in force then"):
        load(later)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "the file is empty"),
        (b"- a\n", 1, "a program file is a group of keys"),
        (b"name: x\n  bad: y\n", 2, "this is no YAML"),
        (b"a: 1\n\tb: 2\n", 2, "this is no YAML"),
        (b"name: caf\xe9\n", 1, "not UTF-8"),
        (b"ok: 1\nname: \xff\n", 2, "not UTF-8"),
        (b"a: &x [*x]\n", 1, "aliases"),
        (b"a: 1\n---\nb: 2\n", 2, "this is no YAML"),
        (b"a: 1\nb: \x00\n", 2, "character #x0000 is not allowed"),
        (b"[" * 5000, 1, "nested too deeply"),
        (b"a: '" + b"x" * 1_000_001, 1, "more than 1,000,000 bytes"),
        (b"? [a]\n: 1\n", 1, "a key must be a word"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_its_line(
    tmp_path: Path, content: bytes, line: int, words: str
) -> None:
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    with pytest.raises(ProgramFileError) as caught:
        load_program(path)
    assert (caught.value.errors[0].line, words in str(caught.value)) == (line, True)


def test_a_file_that_is_not_there_is_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(ProgramFileError, match="cannot be read: No such file"):
        load_program(tmp_path / "none.yaml")
    with pytest.raises(ProgramFileError, match="there is no such folder"):
        load_programs(tmp_path / "none")


@settings(max_examples=300, deadline=None)
@given(
    line=st.integers(0, 60),
    word=st.integers(0, 60),
    junk=st.sampled_from(
        [
            "",
            "~",
            "[]",
            "{}",
            "[[]]",
            "{a: b}",
            "-1",
            "1.5",
            "2024-02-30",
            "x",
            "'",
            "9" * 30,
            "!!x y",
        ]
    ),
)
def test_whatever_stands_in_a_file_it_is_a_program_or_a_list_of_mistakes(
    text: str, tmp_path_factory: pytest.TempPathFactory, line: int, word: int, junk: str
) -> None:
    lines = (text + SOURCE).splitlines()
    pieces = re.split(r"([\s,:{}\[\]]+)", lines[line % len(lines)])
    pieces[word % len(pieces)] = junk
    lines[line % len(lines)] = "".join(pieces)
    path = tmp_path_factory.getbasetemp() / "fuzzed.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    mistakes: tuple[RuleError, ...] | None = None
    try:
        load_program(path)
    except ProgramFileError as error:
        mistakes = error.errors
    assert mistakes != ()
    assert all(1 <= mistake.line <= len(lines) + 1 for mistake in mistakes or ())


def test_slabs_by_category_are_refused_where_returns_count_in_their_own_cycle(
    errors_of: Callable[..., list[RuleError]], load: Callable[..., Program]
) -> None:
    assert load({"      mode: whole\n": "      mode: whole\n      categories: [lamps]\n"})
    changes = {
        "      mode: whole\n": "      mode: whole\n      categories: [lamps]\n",
        "    cycle: quarter\n": "    cycle: quarter\n    restate: own_cycle\n",
    }
    [error] = errors_of(changes)
    assert "with 'restate: own_cycle' leave categories out" in error.message
