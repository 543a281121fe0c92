"""What may be said of a campaign's sums: proof, interval, verdict, who came back; the statistics themselves are a plugin's."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.core import Hub
from hub.errors import ConfigError
from hub.flow.spent import DISCOUNTS, Amounts
from hub.flow.tallies import CONTROL, TREATED, Split, Tally
from hub.sdk import Trial

ANALYSES = frozenset({"trial", "attribution", "survival"})
ALPHA = 0.05
Proofs = dict[str, dict[str, Any]]  # currency -> what the trial says


def analyses_of(hub: Hub) -> Mapping[str, Any]:
    """Raises ConfigError where no plugin brings them."""
    found = {one.name: one for several in hub.plugins.hook.register_analyses() for one in several}
    if not found.keys() >= ANALYSES:
        raise ConfigError("No plugin brings the statistics for this.", "Name scoring under plugins: in hub.yaml.")
    return found


def proofs(
    analyses: Mapping[str, Any], tally: Tally, costs: Amounts, quantile: float, *, beside: bool = True
) -> Proofs:
    """Per currency in which anybody of the campaign paid. What is tested counts amounts above the cap (the quantile) as the cap,
    so that one giant invoice decides nothing; beside: also what it comes to as it is (`raw`)."""
    found = {}
    for currency in tally.currencies:
        cap, spent = tally.cap(currency, quantile), costs.get(currency, {})
        trial = tally.trial(currency, cap=cap)
        found[currency] = _proof(analyses["trial"].judge(trial), trial, spent) | {"cap": cap}
        if beside:
            plain = tally.trial(currency)
            raw = _proof(analyses["trial"].judge(plain), plain, spent)
            found[currency]["raw"] = {name: raw.get(name) for name in ("incremental", "interval")}
    return found


def trial_told(
    analyses: Mapping[str, Any], tally: Tally, currency: str, split: Split, quantile: float
) -> dict[str, Any]:
    """The arms of a split in one currency, and of each arm what it comes to as it is (`raw`)."""
    cap = tally.cap(currency, quantile)
    told = dict(analyses["trial"].judge(tally.trial(currency, split.control, cap, split.unit)))
    raw = analyses["trial"].judge(tally.trial(currency, split.control, None, split.unit)).get("verdicts", ())
    return told | {
        "cap": cap,
        "raw": {one["arm"]: {"difference": one["difference"], "interval": one["interval"]} for one in raw},
    }


def _proof(told: Mapping[str, Any], trial: Trial, costs: Mapping[str, int]) -> dict[str, Any]:
    """incremental: margin that would not have come, of all who were treated, with its always-valid interval. Nothing
    while the arms have wrong sizes, or nobody can tell yet. roi: what is left of each unit of all costs; discounts are off the
    margin already, so they are put back before all costs are taken off, and count once."""
    treated = next((arm.n for arm in trial.arms if arm.name == TREATED), 0)
    verdict = next((one for one in told.get("verdicts", ()) if one["arm"] == TREATED), None)
    if verdict is None:
        return {**told, "incremental": None}
    low, high = verdict["interval"]
    gained, cost_minor = verdict["difference"] * treated, sum(costs.values())
    return {
        **told,
        "incremental": round(gained),
        "interval": [round(low * treated), round(high * treated)],
        "proved": low > 0 or high < 0,
        "roi": (gained + costs.get(DISCOUNTS, 0) - cost_minor) / cost_minor if cost_minor else None,
    }


def slices_adjusted(analyses: Mapping[str, Any], found: Mapping[str, Proofs]) -> None:
    """Many campaigns looked at together: what is called proved holds for the lot (Benjamini and Hochberg)."""
    judged = [one for by_currency in found.values() for one in by_currency.values() if one["incremental"] is not None]
    adjusted = analyses["trial"].together([one["verdicts"][0]["p"] for one in judged])
    for one, p in zip(judged, adjusted, strict=True):
        one["p_of_all"] = p
        one["proved"] = one["proved"] and p <= ALPHA


def is_broken(found: Proofs) -> bool:
    return any(one["balance"]["broken"] for one in found.values())


def headline(found: Mapping[str, Proofs]) -> dict[str, dict[str, Any]]:
    """currency -> all campaigns that can be told, added up. Half widths are added, too: the interval is wide enough
    whatever the same people had to do with several of them."""
    told: dict[str, dict[str, Any]] = {}
    for name, by_currency in found.items():
        for currency, one in by_currency.items():
            mine = told.setdefault(
                currency, {"incremental": None, "interval": None, "told": [], "broken": [], "waiting": []}
            )
            if one["balance"]["broken"]:
                mine["broken"].append(name)
            elif one["incremental"] is None:
                mine["waiting"].append(name)
            else:
                mine["told"].append(name)
                low, high = mine["interval"] or (0, 0)
                mine["incremental"] = (mine["incremental"] or 0) + one["incremental"]
                mine["interval"] = [low + one["interval"][0], high + one["interval"][1]]
    for mine in told.values():
        mine["proved"] = bool(mine["interval"]) and (mine["interval"][0] > 0 or mine["interval"][1] < 0)
    return dict(sorted(told.items()))


def of_all(analyses: Mapping[str, Any], quarters: Mapping[str, Tally], quantile: float) -> dict[str, Any]:
    """What all journeys together brought, by the twentieth that each quarter left alone by all of them: whatever several
    journeys take from each other is in it. The others' own holdouts count as spoken to, so it says what came of the whole as
    it was run. Quarters are added up as campaigns are, half widths too."""
    told = {name: proofs(analyses, one, {}, quantile) for name, one in quarters.items()}
    return {
        "headline": headline(told),
        "quarters": {
            name: {"people": {arm: one.heads(arm) for arm in (TREATED, CONTROL)}, "proof": told[name]}
            for name, one in quarters.items()
        },
    }


def added(growth: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> dict[str, list[dict[str, Any]]]:
    """currency -> all campaigns' points of a day added up, half widths too; a campaign without one that day adds nothing."""
    sums: dict[str, dict[str, dict[str, Any]]] = {}
    for by_currency in growth.values():
        for currency, points in by_currency.items():
            for point in points:
                mine = sums.setdefault(currency, {}).setdefault(point["day"], {"value": 0, "low": 0, "high": 0})
                for name in mine:
                    mine[name] += point[name]
    return {currency: [{"day": day, **some[day]} for day in sorted(some)] for currency, some in sorted(sums.items())}


def curves(analyses: Mapping[str, Any], tallies: Sequence[Tally]) -> dict[str, Any]:
    """Who came back by which day, of both arms."""
    waits = [{name: arm.waits for name, arm in one.arms.items()} for one in tallies]
    return dict(analyses["survival"].curves(waits, CONTROL, TREATED))
