"""What the keys of one strategy mean together, and with the tiers of its version.

Belongs here: which keys go with which type, figures, tiers without a value, tranches. Not here:
where a strategy is used (`checks_awards`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from loyalty_pipeline.program.base import MAX_POINTS, percent, plain, too_large
from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.strategies import FieldBasis, Strategy, figure_of

# The keys that go with a type only, and what the others are told.
_ONLY = {
    "basis": (("prorated",), "only a prorated strategy has a basis"),
    "per": (("prorated",), "only a prorated strategy pays for steps"),
    "minimum": (("prorated",), "fixed points have no minimum: value says them"),
    "maximum": (("prorated",), "fixed points have no maximum: value says them"),
    "of": (("multiplier",), "only a multiplier multiplies other strategies"),
    "from_": (("round_up",), "only round_up lifts a balance"),
    "to": (("round_up",), "only round_up lifts a balance"),
}


def strategy_findings(draft: Draft) -> Iterator[Finding]:
    """All that is wrong within the strategies of a version."""
    for path, strategy in draft.strategies:
        yield from _keys(strategy, path)
        yield from _delays(strategy, path)
        yield from value_findings(
            strategy.type, strategy.value, path, draft, stepwise=strategy.per is not None
        )
        if strategy.type == "round_up":
            yield from round_up_findings(strategy.from_, strategy.to, strategy.value, path)
        if isinstance(strategy.basis, FieldBasis):
            yield from _field(strategy.basis, draft, (*path, "basis"))


def _keys(strategy: Strategy, path: Path) -> Iterator[Finding]:
    for key, (types, why) in _ONLY.items():
        if getattr(strategy, key) is not None and strategy.type not in types:
            yield Finding((*path, key.rstrip("_")), f"{why}: leave it out")
    if strategy.module == "campaign":
        if strategy.type not in ("fixed", "round_up"):
            message = (
                f"{strategy.type} is about an event: a campaign's strategy is fixed or round_up"
            )
            yield Finding((*path, "type"), message)
        for key in _delay_keys(strategy):
            yield Finding((*path, key), "points of a campaign are direct: leave it out")
    elif strategy.type == "round_up":
        message = "only a campaign rounds a balance up: say 'module: campaign'"
        yield Finding((*path, "type"), message)
    if strategy.type == "multiplier":
        if strategy.of is None:
            message = "a multiplier needs the strategies it multiplies, like of: [base]"
            yield Finding((*path, "of"), message)
        for key in _delay_keys(strategy):
            message = "an extra is promised or direct as the points it multiplies: leave it out"
            yield Finding((*path, key), message)
    stepwise = strategy.basis in ("quantity", "line_quantity")
    if stepwise and strategy.per is None and strategy.type == "prorated":
        message = f"{strategy.basis} needs 'per', as in 'value: 2, per: 1': 2 points for each"
        yield Finding((*path, "per"), message)
    least, most = strategy.minimum, strategy.maximum
    if least is not None and most is not None and most < least:
        yield Finding((*path, "maximum"), f"must not be below minimum, {plain(least)}")


def _delay_keys(strategy: Strategy) -> list[str]:
    given = {
        "delayed_accrual": strategy.delayed_accrual is not None,
        "delay_from": strategy.delay_from != "event_date",
        "tranches": strategy.tranches is not None,
    }
    return [key for key, is_given in given.items() if is_given]


def _delays(strategy: Strategy, path: Path) -> Iterator[Finding]:
    if strategy.delayed_accrual is not None and strategy.tranches is not None:
        message = "tranches say when each part is paid: leave delayed_accrual out"
        yield Finding((*path, "delayed_accrual"), message)
    if strategy.delay_from != "event_date" and not strategy.is_delayed:
        message = "there is no delay to count: leave it out, or add delayed_accrual"
        yield Finding((*path, "delay_from"), message)
    if strategy.tranches is None:
        return
    total = sum((tranche.share for tranche in strategy.tranches), Decimal(0))
    if total != 1:
        message = f"the shares make {percent(total)}: they must make 100%"
        yield Finding((*path, "tranches"), message)
    for number, tranche in enumerate(strategy.tranches):
        here = (*path, "tranches", number)
        if tranche.share == 0:
            yield Finding((*here, "share"), "a part of 0% is none: leave it out")
        if tranche.delay in [earlier.delay for earlier in strategy.tranches[:number]]:
            yield Finding((*here, "delay"), f"two parts have {tranche.delay} days: join them")


def value_findings(
    kind: str,
    value: str | Mapping[str, str],
    path: Path,
    draft: Draft,
    *,
    stepwise: bool = False,
) -> Iterator[Finding]:
    """Figures that do not fit the type, and tiers that are none."""
    here = (*path, "value")
    if isinstance(value, str):
        if message := _wrong_figure(kind, value, stepwise=stepwise):
            yield Finding(here, message)
        elif kind == "multiplier" and figure_of(value) <= 1:
            yield Finding(here, f"{value} adds nothing: a multiplier is above 1, 2 for double")
        return
    yield from _tiers(value, here, draft)
    figures = []
    for tier, figure in value.items():
        if message := _wrong_figure(kind, figure, stepwise=stepwise):
            yield Finding((*here, tier), message)
        else:
            figures.append(figure_of(figure))
        if kind == "multiplier" and figure_of(figure) < 1:
            yield Finding((*here, tier), f"{figure} takes away: 1 is no extra, 2 is double")
    if kind == "multiplier" and figures and max(figures) == 1:
        yield Finding(here, "adds nothing to any tier: one at least must be above 1")


def _tiers(value: Mapping[str, str], here: Path, draft: Draft) -> Iterator[Finding]:
    if not draft.knows_tiers:
        return
    for tier in value:
        if tier not in draft.tier_names:
            yield Finding((*here, tier), unknown_tier(tier, draft))


def unknown_tier(tier: str, draft: Draft) -> str:
    """Why a tier is none."""
    if not draft.tiers_given:
        return f"'{tier}' is no known tier: the version has no tiers; add tiers"
    return f"'{tier}' is not one of the tiers {', '.join(draft.tier_names)}"


def _wrong_figure(kind: str, figure: str, *, stepwise: bool) -> str | None:
    is_rate = figure.endswith("%")
    number = figure_of(figure)
    if kind == "prorated" and not stepwise:
        if not is_rate:
            meant = f"{percent(number)} or {figure}%" if 0 < number < 1 else f"{figure}%"
            return (
                f"{figure} is no percentage: write a share of the basis like {meant}, or add "
                f"'per' if it is points for every full step"
            )
        if len(figure.rstrip("%").partition(".")[2].rstrip("0")) > 4 or number >= 1000:
            return f"{figure} has more than 4 decimals or is above 99999%"
        return None
    if is_rate:
        what = {"multiplier": "a multiple, like 2 for double", "round_up": "a balance in points"}
        return f"{figure} is a percentage: write {what.get(kind, 'points, like 10')}"
    if len(figure.partition(".")[2].rstrip("0")) > 3:
        return f"{figure} has too many decimals: at most 3 are kept"
    return too_large(figure, MAX_POINTS) if number >= MAX_POINTS else None


def round_up_findings(
    low: Decimal | None, high: Decimal | None, value: str | Mapping[str, str] | None, path: Path
) -> Iterator[Finding]:
    """The balances that are lifted, and to what."""
    for key, bound in (("from", low), ("to", high)):
        if bound is None:
            message = "round_up needs the balances it lifts, like 'from: 30, to: 100, value: 100'"
            yield Finding((*path, key), message)
    if low is None or high is None or value is None:
        return
    if high < low:
        yield Finding((*path, "to"), f"must not be below from, {plain(low)}")
    figures = [value] if isinstance(value, str) else list(value.values())
    for figure in figures:
        if figure_of(figure) <= low and not (isinstance(value, Mapping) and figure_of(figure) == 0):
            message = f"{figure} lifts nobody: it must be above from, {plain(low)}"
            yield Finding((*path, "value"), message)
    highest = max(map(figure_of, figures), default=low)
    if low < highest < high:
        message = f"balances above {plain(highest)} are not lifted: end it there, or below"
        yield Finding((*path, "to"), message)


def _field(basis: FieldBasis, draft: Draft, here: Path) -> Iterator[Finding]:
    given = {"partner": basis.partner, "document": basis.document, "store": basis.store}
    named = [(of, field) for of, field in given.items() if field is not None]
    if len(named) != 1:
        message = "a basis is one custom field: of the partner, the document or the store"
        yield Finding(here, message)
        return
    ((of, field),) = named
    fields = next(
        (
            found
            for feed, found in draft.custom.items()
            if feed == {"partner": "partners", "document": "sales", "store": "stores"}[of]
        ),
        {},
    )
    if field not in fields:
        known = ", ".join(sorted(fields)) or "none"
        message = f"{field} is no custom field of the {of}: declared under custom are {known}"
        yield Finding((*here, of), message)
    elif fields[field] != "whole_number":
        message = (
            f"{field} is declared as text, and a basis is a whole number: "
            f"declare '{field}: whole_number' under custom"
        )
        yield Finding((*here, of), message)
