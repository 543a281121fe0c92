"""What campaigns were worth: the incremental margin that the holdout proves, and beside it the ledger shared out by each rule."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import ConfigError, NotFound
from hub.flow import ledger
from hub.flow.ledger import Earned
from hub.models import Experiment, Exposure, JourneyVersion
from hub.sdk import ArmStatistics, Trial

REACH_DAYS = 30  # after a message, in which a sale is looked at as touched by it
BEFORE_DAYS = 365  # what a customer brought before explains most of what they bring after
CONTROL = "held"


def roi(hub: Hub, since: date, until: date, campaign: str | None = None) -> dict[str, Any]:
    """Money in minor units per currency. campaigns: journey -> {proof: currency -> ..., cost}. Raises NotFound, ConfigError."""
    analyses = {one.name: one for several in hub.plugins.hook.register_analyses() for one in several}
    if not {"trial", "attribution"} <= analyses.keys():
        raise ConfigError("No plugin brings the statistics for this.", "Name scoring under plugins: in hub.yaml.")
    with hub.look() as session:
        journeys = _journeys(session, campaign)
        billed = ledger.invoices(session, since, until)
        earned = ledger.margins(session, since - timedelta(days=BEFORE_DAYS), until)
        spent = ledger.costs(session, since, until)
        channels = [one.id for one in hub.partners.values() if one.connector.kind == "channel"]
        touched = ledger.touches(session, channels, _midnight(since) - timedelta(days=REACH_DAYS))
        trials = {name: _trials(session, name, since, until, earned) for name in journeys}
    buyers = {one.customer_id for one in billed}
    silent = Counter(
        tuple(touch.campaign for touch in some) for customer, some in touched.items() if customer not in buyers
    )
    proofs = {
        name: {currency: _headline(analyses["trial"].judge(trial), trial, spent.get(name, {}).get(currency, 0))
               for currency, trial in some.items()}
        for name, some in trials.items()
    }  # fmt: skip
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "reach_days": REACH_DAYS,
        "ledger": analyses["attribution"].share(ledger.sales(billed, touched, REACH_DAYS), silent),
        "margin": _margin(one for one in earned if one.day >= since),
        "campaigns": {name: {"proof": proofs[name], "cost": dict(spent.get(name, {}))} for name in journeys},
    }


def _journeys(session: Session, campaign: str | None) -> list[str]:
    known = sorted(set(session.scalars(select(JourneyVersion.journey))))
    if campaign is not None and campaign not in known:
        raise NotFound(f"There is no campaign “{campaign}”.", f"Campaigns: {', '.join(known) or 'none yet'}.")
    return [campaign] if campaign else known


def _margin(earned: Iterable[Earned]) -> dict[str, dict[str, int]]:
    """currency -> margin, the revenue of lines whose cost is known, and of all lines."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for one in earned:
        found[one.currency].update(margin=one.margin_minor, known=one.known_minor, revenue=one.price_minor)
    return {currency: dict(some) for currency, some in sorted(found.items())}


def _trials(session: Session, journey: str, since: date, until: date, earned: Sequence[Earned]) -> dict[str, Trial]:
    """currency -> the journey's holdout as an experiment: whoever met it on [since, until], as they were dealt."""
    name = f"holdout:{journey}"
    span = (Exposure.at >= _midnight(since), Exposure.at < _midnight(until + timedelta(days=1)))
    columns = (Exposure.customer_id, Exposure.arm, Exposure.entry, Exposure.at)
    met = session.execute(select(*columns).where(Exposure.experiment == name, *span).order_by(Exposure.id)).all()
    weights = _weights(session, name, [row[3] for row in met])
    by_customer: dict[int, list[Earned]] = defaultdict(list)
    for one in earned:
        by_customer[one.customer_id].append(one)
    currencies = sorted({one.currency for row in met for one in by_customer.get(row[0], ())})
    return {
        currency: Trial(
            CONTROL,
            tuple(_arm(arm, share, [row for row in met if row[1] == arm], by_customer, currency)
                  for arm, share in sorted(weights.items())),
            adjusted=frozenset({"margin"}),
        )
        for currency in currencies
    }  # fmt: skip


def _weights(session: Session, experiment: str, moments: Sequence[datetime]) -> dict[str, float]:
    """What each arm was meant to get: weights may have changed, so each exposure asks those of its own moment."""
    rows = list(session.scalars(select(Experiment).where(Experiment.experiment == experiment).order_by(Experiment.id)))
    meant: Counter[str] = Counter()
    for at in moments:
        row = next((one for one in reversed(rows) if one.opened_at <= at), rows[0] if rows else None)
        meant.update(row.arms if row else {})
    return dict(meant)


def _arm(
    arm: str, share: float, met: Sequence[Any], earned: Mapping[int, Sequence[Earned]], currency: str
) -> ArmStatistics:
    """Intention to treat: all who were dealt the arm count, whether or not a message reached them."""
    sums, products = [0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]]
    for customer_id, _, _, at in met:
        mine = [one for one in earned.get(customer_id, ()) if one.currency == currency]
        day = at.date()
        pair = (
            sum(one.margin_minor for one in mine if one.day >= day),
            sum(one.margin_minor for one in mine if day - timedelta(days=BEFORE_DAYS) <= one.day < day),
        )
        for i in (0, 1):
            sums[i] += pair[i]
            for j in (0, 1):
                products[i][j] += pair[i] * pair[j]
    channels = Counter(str(row[2]) for row in met)
    return ArmStatistics(arm, share, len(met), dict(channels), {"margin": (sums, products)})


def _headline(told: Mapping[str, Any], trial: Trial, cost_minor: int) -> dict[str, Any]:
    """incremental: margin that would not have come, of all who were treated, with its always-valid interval. Nothing
    while the arms have wrong sizes, or nobody can tell yet."""
    treated = next((arm.n for arm in trial.arms if arm.name == "treated"), 0)
    verdict = next((one for one in told.get("verdicts", ()) if one["arm"] == "treated"), None)
    if verdict is None:
        return {**told, "incremental": None}
    low, high = verdict["interval"]
    gained = verdict["difference"] * treated
    return {
        **told,
        "incremental": round(gained),
        "interval": [round(low * treated), round(high * treated)],
        "proved": low > 0 or high < 0,
        "roi": (gained - cost_minor) / cost_minor if cost_minor else None,
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
