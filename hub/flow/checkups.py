"""What is wrong with the models of a region: nobody scored, nobody learned anew, promises and outcomes drifted apart, the customers of
today are others than those learned from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow import scores
from hub.models import ScorerRun

SCORED = timedelta(days=3)  # the clock scores each day; two missed days are an accident, three an alarm
LEARNED = timedelta(days=15)  # and asks for a challenger each week
APART = 0.05  # between the mean promise and the mean outcome of the latest origin


@dataclass(frozen=True)
class Alarm:
    """code: never_scored, scored_late, learned_late, refused, miscalibrated or moved. value: days, or how far; fact: which moved."""

    code: str
    value: float = 0.0
    fact: str = ""


@dataclass(frozen=True)
class OnShelf:
    """One model. state: champion, challenger, or past: it was tried before the champion was."""

    scorer: str
    version: str
    state: str
    card: Mapping[str, Any]


@dataclass(frozen=True)
class Checked:
    """A scorer with its models, the latest first. alarms: of the champion; none where nothing is in force."""

    scorer: str
    models: tuple[OnShelf, ...]
    alarms: tuple[Alarm, ...]

    @property
    def champion(self) -> OnShelf | None:
        return next((one for one in self.models if one.state == "champion"), None)


def checked(hub: Hub) -> list[Checked]:
    """All that lies on the region's shelf. One query."""
    shelf, today = scores.shelf_of(hub), scores.today(hub)
    with hub.look() as session:
        runs = _runs(session)
    found = []
    for scorer in shelf.scorers():
        champion, versions = shelf.champion(scorer), shelf.versions(scorer)
        states = {
            one: "champion" if one == champion else "challenger" if not champion or one > champion else "past"
            for one in versions
        }
        models = tuple(OnShelf(scorer, one, states[one], shelf.card(scorer, one)) for one in reversed(versions))
        card = shelf.card(scorer, champion) if champion else None
        found.append(Checked(scorer, models, alarms(card, runs.get(scorer, {}), today) if card else ()))
    return found


def alarms(card: Mapping[str, Any], runs: Mapping[str, ScorerRun], today: date) -> tuple[Alarm, ...]:
    """runs: verb -> the last one that was done, and `refused`: a later one that was not."""
    found = []
    if "score" not in runs:
        found.append(Alarm("never_scored"))
    elif today - runs["score"].as_of > SCORED:
        found.append(Alarm("scored_late", (today - runs["score"].as_of).days))
    learned = max(runs["train"].as_of if "train" in runs else date.min, date.fromisoformat(card["as_of"]))
    if today - learned > LEARNED:
        found.append(Alarm("learned_late", (today - learned).days))
    if "refused" in runs:
        found.append(Alarm("refused"))
    if card.get("by_origin"):
        _, last = max(zip(card["origins"], card["by_origin"], strict=True), key=itemgetter(0))
        if abs(last["promised"] - last["came"]) > APART:
            found.append(Alarm("miscalibrated", round(last["promised"] - last["came"], 4)))
    moved = sorted(card.get("left_out", {}).items(), key=lambda one: -one[1])
    return (*found, *(Alarm("moved", value, fact) for fact, value in moved))


def _runs(session: Session) -> dict[str, dict[str, ScorerRun]]:
    found: dict[str, dict[str, ScorerRun]] = {}
    for row in session.scalars(
        select(ScorerRun).where(ScorerRun.state.in_(("done", "refused"))).order_by(ScorerRun.id)
    ):
        mine = found.setdefault(row.scorer, {})
        if row.state == "refused":
            mine["refused"] = row
        else:
            mine[row.verb] = row
            mine.pop("refused", None)
    return found
