"""A count of returns in the shape it is shown, on the desk and on paper: one currency, one campaign or all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hub.charts import Curves, Growth, Ruler, curves, growth, ruler
from hub.core import Hub
from hub.flow.comparisons import Rail, Raw, rails_of
from hub.flow.spent import DISCOUNTS
from hub.flow.tallies import CONTROL, TREATED

MODELS = ("first", "last", "linear", "40-20-40", "time decay", "markov", "shapley")
USUAL = "40-20-40"
MOST = 8  # campaigns that a bar of credits names; the others are one part of it
State = Literal["gain", "loss", "open", "waiting", "broken"]


@dataclass(frozen=True)
class Row:
    """A campaign in one currency, minor units. state: gain or loss (proved), open (no proof), waiting (too little to tell),
    broken (the arms have wrong sizes, so nothing is shown). p: of arms as planned. off: discounts, part of the cost, which the
    margin has lost already. margin counts amounts above a cap as the cap; raw: as they are."""

    name: str
    title: str
    kind: str
    treated: int
    held: int
    state: State
    margin: int | None
    low: int
    high: int
    cost: int
    p: float
    off: int = 0
    raw: Raw | None = None
    rails: tuple[Rail, ...] = ()

    @property
    def back(self) -> float | None:
        """What comes back for each unit that was spent."""
        return (self.margin + self.off) / self.cost if self.margin is not None and self.cost else None


@dataclass(frozen=True)
class Credit:
    name: str
    title: str
    amount: int
    start: float
    width: float


@dataclass(frozen=True)
class Shown:
    """head: what the page begins with: all campaigns that can be told added up, or the one that was chosen. left_out: those
    it leaves out as their arms have wrong sizes. together: all journeys, proved by those whom every one of them leaves alone, and
    span its scale; None where one was chosen, or nobody was dealt that yet. axis: of the list; scale: of the head. costs: kind ->
    minor units. broken_rails: (journey or split, its journey's title, measure) of guardrails that are red."""

    currency: str
    currencies: tuple[str, ...]
    head: Row
    left_out: tuple[str, ...]
    together: Row | None
    span: Ruler
    rows: tuple[Row, ...]
    axis: Ruler
    scale: Ruler
    costs: Mapping[str, int]
    grew: Growth | None
    points: Sequence[Mapping[str, Any]]
    who_came: Curves | None
    retention: Mapping[str, Any]
    model: str
    credits: tuple[Credit, ...]
    unattributed: int
    invoiced: int
    difference: int
    referrals: Mapping[str, Any]
    referral_margin: int
    broken_rails: tuple[tuple[str, str, str], ...] = ()


def titles_of(hub: Hub) -> dict[str, str]:
    """Of the journeys in force; an offer is told by the title that its count has."""
    return {name: rule.title for name, rule in hub.book.current().journeys.items()}


def shown(
    told: Mapping[str, Any], titles: Mapping[str, str], currency: str, campaign: str, model: str, mirrored: bool
) -> Shown | None:
    """None where nobody has paid or been spoken to yet. told: of roi. currency, campaign, model: what was chosen; unknown
    ones are the usual."""
    names = sorted(
        {*told["ledger"], *told["headline"]}, key=lambda one: -told["ledger"].get(one, {}).get("invoiced", 0)
    )
    if not names:
        return None
    code = currency if currency in names else names[0]
    chosen = campaign if campaign in told["campaigns"] else ""
    rows = _rows(told, titles, code)
    head = next((row for row in rows if row.name == chosen), None) if chosen else _all(told, rows, code)
    if head is None:  # nobody of this campaign has paid in this currency
        one = told["campaigns"][chosen]
        head = Row(chosen, titles.get(chosen, one["title"]), one["kind"], one["people"][TREATED], one["people"][CONTROL],
                   "waiting", None, 0, 0, one["cost"].get(code, 0), 1.0, _off(one, code))  # fmt: skip
    retention = told["campaigns"][chosen]["retention"] if chosen else told["retention"]
    points = (told["campaigns"][chosen] if chosen else told)["growth"].get(code, [])
    if head.state == "broken":
        retention, points = {}, []
    books = told["ledger"].get(code, {"invoiced": 0, "unattributed": 0, "difference": 0, "models": {}})
    rule = model if model in MODELS else USUAL
    some = [told["campaigns"][chosen]] if chosen else [told["campaigns"][row.name] for row in _counted(rows)]
    kinds: dict[str, int] = {}
    for one in some:
        for kind, amount in one["costs"].get(code, {}).items():
            kinds[kind] = kinds.get(kind, 0) + amount
    together = None if chosen else together_of(told, code)
    return Shown(
        code, tuple(names), head, tuple(told["headline"].get(code, {}).get("broken", ())) if not chosen else (),
        together, ruler([together.low, together.high] if together else [0, 0]), rows,
        ruler([side for row in rows if row.margin is not None for side in (row.low, row.high)]),
        ruler([head.low, head.high]), kinds,
        growth(points, mirrored), points, curves(retention, mirrored), retention, rule,
        _credits(books["models"].get(rule, {}), books["invoiced"], titles, told["campaigns"]),
        books["unattributed"], books["invoiced"], books["difference"], told["referrals"],
        told["referrals"]["margin"].get(code, 0), _broken_rails(told, titles),
    )  # fmt: skip


def _broken_rails(told: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    named = [(name, one) for name, one in told["campaigns"].items()]
    named += [(one["journey"], one) for one in told.get("experiments", {}).values()]
    found = {(name, rail.measure) for name, one in named for rail in rails_of(one) if rail.state == "red"}
    return tuple((name, titles.get(name, name), measure) for name, measure in sorted(found))


def _rows(told: Mapping[str, Any], titles: Mapping[str, str], currency: str) -> tuple[Row, ...]:
    """The dearest proof first, then what can not be told."""
    found = [
        row_of(name, titles.get(name, one["title"]), one, currency)
        for name, one in told["campaigns"].items()
        if currency in one["proof"]
    ]
    return tuple(sorted(found, key=lambda row: (row.margin is None, -(row.margin or 0), row.title)))


def row_of(name: str, title: str, one: Mapping[str, Any], currency: str) -> Row:
    proof = one["proof"][currency]
    low, high = proof.get("interval") or (0, 0)
    state: State = "open"
    if proof["balance"]["broken"]:
        state = "broken"
    elif proof["incremental"] is None:
        state = "waiting"
    elif proof["proved"]:
        state = "gain" if low > 0 else "loss"
    p = min(proof["balance"]["p"], *proof["balance"]["by_channel"].values(), 1.0)
    people, cost = one["people"], one["cost"].get(currency, 0)
    return Row(name, title, one["kind"], people[TREATED], people[CONTROL], state, proof["incremental"], low, high, cost, p,
               _off(one, currency), _raw(proof), rails_of(one))  # fmt: skip


def _raw(proof: Mapping[str, Any]) -> Raw | None:
    told = proof.get("raw") or {}
    if told.get("incremental") is None:
        return None
    low, high = told["interval"]
    return Raw(told["incremental"], low, high, proof.get("cap"))


def _off(one: Mapping[str, Any], currency: str) -> int:
    return int(one["costs"].get(currency, {}).get(DISCOUNTS, 0))


def _counted(rows: Sequence[Row]) -> Sequence[Row]:
    """Those that the sum of all is made of; where nothing can be told yet, everybody."""
    return [row for row in rows if row.state not in ("broken", "waiting")] or rows


def _all(told: Mapping[str, Any], rows: Sequence[Row], currency: str) -> Row:
    """All that can be told, added up; broken ones are left out and named."""
    head = told["headline"].get(
        currency, {"incremental": None, "interval": None, "told": [], "broken": [], "proved": False}
    )
    low, high = head["interval"] or (0, 0)
    state: State = "open"
    if head["incremental"] is None:
        state = "broken" if head["broken"] else "waiting"
    elif head["proved"]:
        state = "gain" if low > 0 else "loss"
    counted = _counted(rows)
    raws = [row.raw for row in counted if row.raw is not None]
    raw = (
        Raw(sum(one.margin for one in raws), sum(one.low for one in raws), sum(one.high for one in raws))
        if raws
        else None
    )
    return Row("", "", "", sum(row.treated for row in counted), sum(row.held for row in counted), state, head["incremental"],
               low, high, sum(row.cost for row in counted), min((row.p for row in counted), default=1.0),
               sum(row.off for row in counted), raw)  # fmt: skip


def together_of(told: Mapping[str, Any], currency: str) -> Row | None:
    """All journeys in one row; a count that was made before there was such a proof has none."""
    found = told.get("global_control") or {"headline": {}, "quarters": {}}
    head = found["headline"].get(currency)
    if head is None:
        return None
    named = head["told"] or head["broken"] or head["waiting"]
    some = [one for name, one in found["quarters"].items() if name in named]
    balances = [one["proof"][currency]["balance"] for one in some]
    low, high = head["interval"] or (0, 0)
    state: State = "gain" if low > 0 else "loss" if high < 0 else "open"
    if head["incremental"] is None:
        state = "broken" if head["broken"] else "waiting"
    treated, held = (sum(one["people"][arm] for one in some) for arm in (TREATED, CONTROL))
    p = min((min(one["p"], *one["by_channel"].values(), 1.0) for one in balances), default=1.0)
    return Row("", "", "global control", treated, held, state, head["incremental"], low, high, 0, p)


def _credits(
    model: Mapping[str, int], invoiced: int, titles: Mapping[str, str], campaigns: Mapping[str, Any]
) -> tuple[Credit, ...]:
    """The largest first, and where each part of the bar stands, in per cent of what was invoiced."""
    found, start = [], 0.0
    for name, amount in sorted(model.items(), key=lambda one: -one[1])[:MOST]:
        width = max(0.0, 100 * amount / invoiced) if invoiced > 0 else 0.0
        title = titles.get(name) or campaigns.get(name, {}).get("title", name)
        found.append(Credit(name, title, amount, round(start, 2), round(width, 2)))
        start += width
    rest = sum(model.values()) - sum(one.amount for one in found)
    return (*found, Credit("", "", rest, round(start, 2), 0.0)) if rest else tuple(found)
