"""Scorers at work: trained from the region's past, kept on its shelf, promoted when proved better, and what they say written."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import select

from hub.core import Hub
from hub.errors import NotFound
from hub.flow import alongside, segments
from hub.flow.bulk import among, write_all
from hub.gate import erase_rows
from hub.models import Customer, Need, Person, Score
from hub.past.reader import PastReader, facts_by
from hub.past.worth import Purse
from hub.sdk.scores import ScoreGiven, Scorer, Tell
from hub.services import read_services
from hub.shelf import Shelf
from hub.work import Work
from rules.calendar import local_day

SHELF = "models"
VERSION = "%Y%m%dT%H%M%S%f"  # of a model: when its training began to read, UTC
PART = 5_000  # rows in one transaction, so that no other writer waits for long


@dataclass(frozen=True)
class Learned:
    """What came of a training. said: why it is in force now, or is not."""

    version: str
    card: Mapping[str, Any]
    promoted: bool
    said: str


@dataclass(frozen=True)
class Scored:
    """rows: scores written; whom the scorer could not judge it left out. moves: memberships that changed by it."""

    version: str
    rows: int
    moves: int


def scorers_of(hub: Hub) -> dict[str, Scorer]:
    return {one.name: one for several in hub.plugins.hook.register_scorers() for one in several}


def scorer_of(hub: Hub, name: str) -> Scorer:
    """Raises NotFound."""
    known = scorers_of(hub)
    if name not in known:
        raise NotFound(f"No plugin brings a scorer “{name}”.", f"Brought: {', '.join(sorted(known)) or 'none'}.")
    return known[name]


def shelf_of(hub: Hub) -> Shelf:
    return Shelf(hub.region.folder / SHELF)


def today(hub: Hub) -> date:
    return local_day(hub.clock(), hub.here.zone)


def facts_of(hub: Hub, until: date) -> PastReader:
    return facts_by(hub.look, until, read_services(hub.settings.config).by_code)


def train(hub: Hub, name: str, as_of: date, seed: int, tell: Tell, actor: str) -> Learned:
    """Train a challenger, put it on the shelf, and into force if it is proved better. Raises WrongInput, NotFound."""
    scorer, shelf = scorer_of(hub, name), shelf_of(hub)
    champion, version = shelf.champion(name), f"{hub.clock():{VERSION}}"
    trained = scorer.train(facts_of(hub, as_of), as_of, seed, tell, shelf.model(name, champion) if champion else None)
    better, said = judged(trained.card, champion is not None)
    shelf.put(name, version, trained)
    if better:
        shelf.promote(name, version)
    with hub.begin() as work:
        work.audit(actor, "model_trained", "scorer", None, scorer=name, model=version, promoted=better)
    return Learned(version, trained.card, better, said)


def judged(card: Mapping[str, Any], has_champion: bool) -> tuple[bool, str]:
    """Is this challenger to be put in force? Only what excludes chance counts: small differences are noise."""
    if not card["worth"]:
        return False, str(card["verdict"])
    if not has_champion:
        return True, "the first model, and " + str(card["verdict"])
    against = card.get("against_champion")
    if not against:
        return False, "too little has happened since the champion learned to tell which of both is better"
    if any(one["proved_worse"] for one in against.values()):
        return False, "the champion is proved better"
    if any(one["interval"][0] > 0 for one in against.values()):
        return True, "proved better than the champion"
    return False, "not proved better than the champion"


def promote(hub: Hub, name: str, version: str, actor: str, reason: str = "") -> None:
    """By hand; reason: a code. Raises NotFound."""
    shelf_of(hub).promote(name, version)
    with hub.begin() as work:
        work.audit(actor, "model_promoted", "scorer", None, scorer=name, model=version, reason=reason)


def rollback(hub: Hub, name: str, actor: str, reason: str = "") -> str:
    """Answers the version that is in force again; reason: a code. Raises NotFound."""
    version = shelf_of(hub).rollback(name)
    with hub.begin() as work:
        work.audit(actor, "model_rolled_back", "scorer", None, scorer=name, model=version, reason=reason)
    return version


def withdraw(hub: Hub, name: str, actor: str, reason: str) -> None:
    """Nothing is in force until a training says so; reason: a code."""
    version = shelf_of(hub).champion(name)
    shelf_of(hub).withdraw(name)
    with hub.begin() as work:
        work.audit(actor, "model_withdrawn", "scorer", None, scorer=name, model=version, reason=reason)


def remove(hub: Hub, name: str, version: str, actor: str) -> None:
    """Delete a model that is not in force. Raises NotFound."""
    shelf_of(hub).remove(name, version)
    with hub.begin() as work:
        work.audit(actor, "model_removed", "scorer", None, scorer=name, model=version)


Judged = Callable[[bytes, PastReader], AbstractContextManager[Iterator[ScoreGiven]]]


def score(hub: Hub, name: str, as_of: date, tell: Tell, judged: Judged | None = None) -> Scored:
    """Write what the champion says of everybody, and refresh the segments that read it. judged: see write. Raises NotFound without a
    champion."""
    version, rows = write(hub, name, as_of, tell, judged)
    return Scored(version, rows, reassess(hub, name))


def write(hub: Hub, name: str, as_of: date, tell: Tell, judged: Judged | None = None) -> tuple[str, int]:
    """The champion's version, and how many rows were written. judged: whoever does the judging, of a model and facts, in place of the
    scorer in this process. Raises NotFound without a champion."""
    scorer, shelf = scorer_of(hub, name), shelf_of(hub)
    version = shelf.champion(name)
    if version is None:
        raise NotFound(f"{name} has no model in force.", f"Run: hub train {name}")
    facts, rows = facts_of(hub, as_of), 0
    with hub.begin() as work:
        first = work.ids.next()
    writing = _Writing(hub, scorer, as_of, version, Purse(facts.past) if scorer.about == "vehicle" else None)
    model = shelf.model(name, version)
    with judged(model, facts) if judged else nullcontext(scorer.score(model, facts, as_of)) as given:
        for written in _meanwhile(writing, _parts(given)):
            rows += written
            tell(rows, 0)
    if scorer.about == "vehicle":  # of needs only the latest stand; ids are in the order of time
        with hub.begin() as work:
            erase_rows(work.session, Need, Need.id < first, record_set="needs", persons=(), now=work.now)
    return version, rows


def reassess(hub: Hub, name: str) -> int:
    """Segments that read this score, each in a transaction of its own; answers how many customers moved."""
    count = 0
    for rule in hub.book.current().segments.values():
        if name in rule.reads.scores:
            with hub.begin() as work:
                moves = segments.refresh(hub, work, rule, "change")
                alongside.follow(hub, work, moves)  # partners hear of it, and journeys let in whom it brought
            count += len(moves)
    return count


def _parts(given: Iterable[ScoreGiven]) -> Iterator[list[ScoreGiven]]:
    rows = iter(given)
    while part := list(islice(rows, PART)):
        yield part


def _meanwhile(write: Callable[[list[ScoreGiven]], int], parts: Iterable[list[ScoreGiven]]) -> Iterator[int]:
    """What was written of each part: the database writes one while the scorer judges the next."""
    with ThreadPoolExecutor(1) as thread:
        before: Future[int] | None = None
        for part in parts:
            if before is not None:
                yield before.result()
            before = thread.submit(write, part)
        if before is not None:
            yield before.result()


class _Writing:
    """Parts of one scoring, each in a transaction of its own. purse: of a scorer of what cars need."""

    def __init__(self, hub: Hub, scorer: Scorer, as_of: date, version: str, purse: Purse | None) -> None:
        self.hub, self.scorer, self.as_of, self.version, self.purse = hub, scorer, as_of, version, purse
        self.said_before = purse is None  # needs are written anew each time

    def __call__(self, given: list[ScoreGiven]) -> int:
        with self.hub.begin() as work:
            part = _used(work, given)
            if self.purse is not None:
                write_all(work, Need, [self._need(one, self.purse) for one in part])
                return len(part)
            if self.said_before:
                part = self._unsaid(work, part)
            write_all(work, Score, [{"name": self.scorer.name, **self._score(one)} for one in part])
            return len(part)

    def _unsaid(self, work: Work, part: list[ScoreGiven]) -> list[ScoreGiven]:
        """Those of whom that day knows nothing yet, or something else. An earlier run of that day began with the first of them: where
        it wrote nothing, it had ended."""
        rows = select(Score.customer_id, Score.value, Score.low, Score.high, Score.support, Score.reasons, Score.model)
        theirs = among(work, Score.customer_id, [one.customer_id for one in part])
        mine = rows.where(theirs, Score.name == self.scorer.name, Score.as_of == self.as_of)
        said = {one: told for one, *told in work.session.execute(mine.order_by(Score.id))}
        self.said_before = bool(said)
        return [
            one
            for one in part
            if said.get(one.customer_id) != [one.value, one.low, one.high, one.support, list(one.reasons), self.version]
        ]

    def _score(self, one: ScoreGiven) -> dict[str, Any]:
        return {
            "customer_id": one.customer_id,
            "as_of": self.as_of,
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "support": one.support,
            "reasons": list(one.reasons),
            "model": self.version,
        }

    def _need(self, one: ScoreGiven, purse: Purse) -> dict[str, Any]:
        worth = asdict(purse.worth(one.customer_id, one.service))
        return {**self._score(one), "vehicle_id": one.vehicle_id, "service": one.service, **worth}


def _used(work: Work, part: list[ScoreGiven]) -> list[ScoreGiven]:
    """Whoever asked to be forgotten, left alone or not to be predicted since the facts were read gets no row."""
    objected = (Person.restricted_at, Person.erased_at, Person.unprofiled_at)
    used = set(work.session.scalars(
        select(Customer.id).join(Person, Person.id == Customer.person_id)
        .where(among(work, Customer.id, [one.customer_id for one in part]), *(column.is_(None) for column in objected))
    ))  # fmt: skip
    return [one for one in part if one.customer_id in used]
