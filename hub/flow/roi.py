"""What campaigns were worth: the incremental margin that holdouts prove, and beside it the ledger shared out by each rule.

One walk through all customers, a slice at a time, adds up heads and money by campaign and branch; everything else is told from
those sums. So a report of a branch and that of the whole region come of the same walk, and add up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound
from hub.flow import guarding, ledger, verdicts
from hub.flow.arms_told import split_told
from hub.flow.brought import Brought, brought
from hub.flow.ledger import CONTROL_OF_ALL, OFFER, SPLIT, Billed, Earned
from hub.flow.spent import Amounts, spent
from hub.flow.tallies import BEFORE_DAYS, CONTROL, TREATED, Asked, Key, Split, Tally, tally
from hub.flow.watched import watched
from hub.flow.weights import Weights, floors
from hub.models import JourneyVersion
from hub.rates import WINSORISE, read_rates
from hub.sdk import Sale
from rules.journeys.measures import Guardrail

EVERY = 28  # days between two points of how a gain grew
REACH_DAYS = 30  # after a message, in which a sale is looked at as touched by it
BESIDE = (SPLIT, CONTROL_OF_ALL)  # what is dealt beside the campaigns themselves
WHOLE = ""  # the branch that is all of them


@dataclass
class Books:
    """What one walk gathered. grown: the tallies as they stood on earlier days. sales, silent, margin: by branch of the
    invoice or home. buyers: people with an invoice, by branch and in all. invoiced: as the database adds up. rails: campaign, or
    experiment:<split> -> measures that must not get worse. quantile: of amounts, above which they count as it."""

    since: date
    until: date
    titles: dict[str, str]
    effect_days: int
    tallies: dict[Key, Tally] = field(default_factory=dict)
    grown: dict[date, dict[Key, Tally]] = field(default_factory=dict)
    splits: dict[str, Split] = field(default_factory=dict)
    sales: dict[str | None, list[Sale]] = field(default_factory=lambda: defaultdict(list))
    silent: dict[str | None, Counter[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(Counter))
    margin: dict[str | None, dict[str, Counter[str]]] = field(default_factory=lambda: defaultdict(dict))
    invoiced: dict[str | None, dict[str, int]] = field(default_factory=dict)
    costs: dict[Key, Amounts] = field(default_factory=dict)
    brought: dict[str | None, Brought] = field(default_factory=dict)
    buyers: Counter[str | None] = field(default_factory=Counter)
    rails: dict[str, tuple[Guardrail, ...]] = field(default_factory=dict)
    quantile: float = WINSORISE

    @property
    def branches(self) -> list[str]:
        """Those at which anything happened; WHOLE first."""
        seen = {key[1] for key in self.tallies} | set(self.invoiced) | set(self.margin) | set(self.brought)
        return [WHOLE, *sorted(one for one in seen if one)]


def roi(hub: Hub, since: date, until: date, campaign: str | None = None, branch: str = WHOLE) -> dict[str, Any]:
    """Money in minor units per currency, for [since, until]. Raises NotFound for an unknown campaign, ConfigError."""
    analyses = verdicts.analyses_of(hub)
    books = gathered(hub, since, until)
    if campaign is not None and campaign not in books.titles:
        raise NotFound(f"There is no campaign “{campaign}”.", f"Campaigns: {', '.join(books.titles) or 'none yet'}.")
    return told(analyses, books, branch, [campaign] if campaign else list(books.titles))


def reports(hub: Hub, since: date, until: date, also: Iterable[str] = ()) -> dict[str, dict[str, Any]]:
    """branch -> what roi tells of it, of one walk. also: branches at which nothing may have happened. Raises ConfigError."""
    analyses, books = verdicts.analyses_of(hub), gathered(hub, since, until)
    return {branch: told(analyses, books, branch, list(books.titles)) for branch in sorted({*books.branches, *also})}


def gathered(hub: Hub, since: date, until: date) -> Books:
    """In one look at the database: what is written meanwhile is left for the next."""
    rates = read_rates(hub.settings.config)
    channels = [one.id for one in hub.partners.values() if one.connector.kind == "channel"]
    with hub.look() as session:
        weights = Weights(session, rates.held_back, floors(hub, session))
        invoiced = ledger.invoiced(session, since, until)
        books = Books(since, until, _titles(session), rates.effect_days, invoiced=invoiced, quantile=rates.winsorise)
        books.splits, books.rails = weights.splits, guarding.guardrails(hub, session)
        asked = {name: [one.measure for one in rails] for name, rails in books.rails.items()}
        measures = {name for several in asked.values() for name in several}
        books.grown = {until - timedelta(days=EVERY * back): {} for back in range((until - since).days // EVERY, 0, -1)}
        for who, homes in ledger.slices(session):
            earned = _by_customer(ledger.margins(session, since - timedelta(days=BEFORE_DAYS), until, who))
            met = ledger.dealt(session, since, until, who)
            seen = Asked(weights.clustered, asked, watched(session, measures, since, until, who))
            tally(books.tallies, met, earned, homes, weights.at, until, rates.effect_days, seen)
            for day, found in books.grown.items():
                earlier = [one for one in met if one.at.date() <= day and not one.campaign.startswith(BESIDE)]
                tally(found, earlier, earned, homes, weights.at, day, rates.effect_days)
            touched = ledger.touches(session, channels, ledger.midnight(since) - timedelta(days=REACH_DAYS), who)
            billed = ledger.invoices(session, since, until, who)
            _sell(books, billed, touched, homes)
            _earn(books, earned, homes)
        books.titles |= {name: name.removeprefix(OFFER) for name, _ in books.tallies if name.startswith(OFFER)}
        amounts = Counter(currency for by in books.invoiced.values() for currency in by)
        usual = amounts.most_common(1)[0][0] if amounts else None
        books.costs = spent(hub, session, since, until, books.tallies, usual)
        books.brought = brought(session, since, until)
    return books


def told(analyses: Mapping[str, Any], books: Books, branch: str, campaigns: Iterable[str]) -> dict[str, Any]:
    """One report as JSON; branch WHOLE adds all of them up."""
    chosen = {name: _of(books, name, branch) for name in campaigns}
    proofs = {
        name: verdicts.proofs(analyses, one, _amounts(books, name, branch), books.quantile)
        for name, one in chosen.items()
    }
    verdicts.slices_adjusted(analyses, proofs)
    curves = {name: verdicts.curves(analyses, [one]) for name, one in chosen.items()}
    growth = {name: _growth(analyses, books, name, branch) for name in chosen}
    clean = [name for name in chosen if not verdicts.is_broken(proofs[name])]
    people = Brought()
    for home, some in books.brought.items():
        if branch in (WHOLE, home):
            people.add(some)
    return {
        "since": books.since.isoformat(),
        "until": books.until.isoformat(),
        "branch": branch,
        "buyers": books.buyers[branch],
        "reach_days": REACH_DAYS,
        "effect_days": books.effect_days,
        "winsorised": books.quantile,
        "headline": verdicts.headline(proofs),
        "global_control": verdicts.of_all(analyses, _quarters(books, branch), books.quantile),
        "growth": verdicts.added({name: growth[name] for name in clean}),
        "retention": verdicts.curves(analyses, [chosen[name] for name in clean]),
        "ledger": _ledger(analyses, books, branch),
        "margin": _margin(books, branch),
        "referrals": people.as_json(),
        "campaigns": {
            name: {
                "title": books.titles[name],
                "kind": "offer" if name.startswith(OFFER) else "journey",
                "people": {arm: one.heads(arm) for arm in (TREATED, CONTROL)},
                "proof": proofs[name],
                "cost": {currency: sum(kinds.values()) for currency, kinds in _amounts(books, name, branch).items()},
                "costs": _amounts(books, name, branch),
                "retention": curves[name],
                "growth": growth[name],
                "guardrails": guarding.judged(analyses, one, books.rails.get(name, ())),
            }
            for name, one in chosen.items()
        },
        "experiments": {
            name.removeprefix(SPLIT): split_told(
                analyses, split, _of(books, name, branch), books.rails.get(name, ()), books.quantile
            )
            for name, split in sorted(books.splits.items())
            if split.journey in chosen
        },
    }


# --- gathering


def _titles(session: Session) -> dict[str, str]:
    """Every journey that was ever applied, by its name."""
    journey = JourneyVersion.journey
    return {name: name for name in session.scalars(select(journey).distinct().order_by(journey))}


def _by_customer(earned: Iterable[Earned]) -> dict[int, list[Earned]]:
    found: dict[int, list[Earned]] = defaultdict(list)
    for one in earned:
        found[one.customer_id].append(one)
    return found


def _sell(
    books: Books, billed: Sequence[Billed], touched: Mapping[int, list[Any]], homes: Mapping[int, str | None]
) -> None:
    """What no campaign touched is one sale a branch and currency: it is shared out among nobody."""
    buyers = {one.customer_id for one in billed}
    met = {(one.branch, one.customer_id) for one in billed} | {(WHOLE, one) for one in buyers}
    books.buyers.update(branch for branch, _ in met)
    plain: Counter[tuple[str | None, str]] = Counter()
    for one, sale in zip(billed, ledger.sales(billed, touched, REACH_DAYS), strict=True):
        if sale.touches:
            books.sales[one.branch].append(sale)
        else:
            plain[one.branch, one.currency] += one.net_minor
    for (branch, currency), amount in plain.items():
        books.sales[branch].append(Sale(amount, currency, ledger.midnight(books.since)))
    for customer, some in touched.items():
        if customer not in buyers:
            books.silent[homes.get(customer)][tuple(touch.campaign for touch in some)] += 1


def _earn(books: Books, earned: Mapping[int, Sequence[Earned]], homes: Mapping[int, str | None]) -> None:
    for customer, some in earned.items():
        mine = books.margin[homes.get(customer)]
        for one in some:
            if one.day >= books.since:
                sums = mine.setdefault(one.currency, Counter())
                sums.update(margin=one.margin_minor, known=one.known_minor, revenue=one.price_minor)


# --- telling


def _of(books: Books, campaign: str, branch: str, on: date | None = None) -> Tally:
    """on: as it stood at the end of an earlier day."""
    whole = Tally()
    for (name, home), one in (books.grown[on] if on else books.tallies).items():
        if name == campaign and branch in (WHOLE, home):
            whole.add(one)
    return whole


def _quarters(books: Books, branch: str) -> dict[str, Tally]:
    """2026q4 -> those whom any journey met in it, spoken to or left alone by all of them."""
    names = {name for name, _ in books.tallies if name.startswith(CONTROL_OF_ALL)}
    return {name.removeprefix(CONTROL_OF_ALL): _of(books, name, branch) for name in sorted(names)}


def _growth(analyses: Mapping[str, Any], books: Books, campaign: str, branch: str) -> dict[str, list[dict[str, Any]]]:
    """currency -> what would have been told of the campaign on earlier days and now; days on which nothing could be are left out."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for day in [*books.grown, None]:
        stood = _of(books, campaign, branch, day)
        for currency, proof in verdicts.proofs(analyses, stood, {}, books.quantile, beside=False).items():
            if proof["incremental"] is not None:
                (low, high), at = proof["interval"], (day or books.until).isoformat()
                found[currency].append({"day": at, "value": proof["incremental"], "low": low, "high": high})
    return dict(found)


def _amounts(books: Books, campaign: str, branch: str) -> Amounts:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for (name, home), by_currency in books.costs.items():
        if name == campaign and branch in (WHOLE, home):
            for currency, kinds in by_currency.items():
                sums[currency].update(kinds)
    return {currency: dict(sorted(kinds.items())) for currency, kinds in sorted(sums.items())}


def _ledger(analyses: Mapping[str, Any], books: Books, branch: str) -> dict[str, Any]:
    """Per currency: each rule's credits, and how far they and the rest are from what the ledger itself adds up to: 0."""
    mine = [one for one in books.sales if branch in (WHOLE, one)]
    silent = sum((some for home, some in books.silent.items() if branch in (WHOLE, home)), Counter[tuple[str, ...]]())
    shared = analyses["attribution"].share([sale for one in mine for sale in books.sales[one]], silent)
    for currency, told_books in shared.items():
        ledger_sum = sum(by.get(currency, 0) for home, by in books.invoiced.items() if branch in (WHOLE, home))
        told_books["difference"] = max(
            (ledger_sum - told_books["unattributed"] - sum(credited.values()) for credited in told_books["models"].values()),
            key=abs, default=ledger_sum - told_books["unattributed"],
        )  # fmt: skip
        told_books["invoiced"] = ledger_sum
    return dict(shared)


def _margin(books: Books, branch: str) -> dict[str, dict[str, int]]:
    """currency -> margin, the revenue of lines whose cost is known, and of all lines."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for home, by_currency in books.margin.items():
        if branch in (WHOLE, home):
            for currency, some in by_currency.items():
                sums[currency].update(some)
    return {currency: dict(some) for currency, some in sorted(sums.items())}
