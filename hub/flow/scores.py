"""Scorers at work: trained from the region's past, kept on its shelf, promoted when proved better, and what they say written."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import select

from hub.core import Hub
from hub.errors import NotFound
from hub.flow import effects, outward, segments
from hub.flow.bulk import among, write_all
from hub.gate import erase_rows
from hub.models import Customer, Need, Person, Score
from hub.past.reader import PastReader, read_facts
from hub.past.worth import Purse, Worth
from hub.sdk.scores import ScoreGiven, Scorer, Tell
from hub.services import read_services
from hub.shelf import Shelf
from hub.work import Work
from rules.calendar import local_day

SHELF = "models"
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
    with hub.look() as session:
        return read_facts(session, until, read_services(hub.settings.config).by_code)


def train(hub: Hub, name: str, as_of: date, seed: int, tell: Tell, actor: str) -> Learned:
    """Train a challenger, put it on the shelf, and into force if it is proved better. Raises WrongInput, NotFound."""
    scorer, shelf = scorer_of(hub, name), shelf_of(hub)
    champion = shelf.champion(name)
    trained = scorer.train(facts_of(hub, as_of), as_of, seed, tell, shelf.model(name, champion) if champion else None)
    version = f"{hub.clock():%Y%m%dT%H%M%S%f}"
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


Judged = Callable[[bytes, PastReader], AbstractContextManager[Iterator[ScoreGiven]]]


def score(hub: Hub, name: str, as_of: date, tell: Tell, judged: Judged | None = None) -> Scored:
    """Write what the champion says of everybody, and refresh the segments that read it. judged: whoever does the judging, of a model
    and facts, in place of the scorer in this process. Raises NotFound without a champion."""
    scorer, shelf = scorer_of(hub, name), shelf_of(hub)
    version = shelf.champion(name)
    if version is None:
        raise NotFound(f"{name} has no model in force.", f"Run: hub train {name}")
    facts, rows = facts_of(hub, as_of), 0
    with hub.begin() as work:
        first = work.ids.next()
    purse = Purse(facts.past)
    model = shelf.model(name, version)
    with judged(model, facts) if judged else nullcontext(scorer.score(model, facts, as_of)) as given:
        for part in _parts(given):
            with hub.begin() as work:
                rows += _write(work, scorer, part, as_of, version, purse)
            tell(rows, 0)
    if scorer.about == "vehicle":  # of needs only the latest stand; ids are in the order of time
        with hub.begin() as work:
            erase_rows(work.session, Need, Need.id < first, record_set="needs", persons=(), now=work.now)
    return Scored(version, rows, reassess(hub, name))


def reassess(hub: Hub, name: str) -> int:
    """Segments that read this score, each in a transaction of its own; answers how many customers moved."""
    count = 0
    for rule in hub.book.current().segments.values():
        if name in rule.reads.scores:
            with hub.begin() as work:
                moves = segments.refresh(hub, work, rule, "change")
                effects.announce(hub, work, effects.intents_of(moves))
                outward.notice(hub, work, {move.customer_id: {"segments"} for move in moves})
            count += len(moves)
    return count


def _parts(given: Iterable[ScoreGiven]) -> Iterator[list[ScoreGiven]]:
    rows = iter(given)
    while part := list(islice(rows, PART)):
        yield part


def _write(work: Work, scorer: Scorer, part: list[ScoreGiven], as_of: date, version: str, purse: Purse) -> int:
    """Whoever asked to be forgotten, left alone or not to be predicted since the facts were read gets no row."""
    objected = (Person.restricted_at, Person.erased_at, Person.unprofiled_at)
    used = set(work.session.scalars(
        select(Customer.id).join(Person, Person.id == Customer.person_id)
        .where(among(work, Customer.id, [one.customer_id for one in part]), *(column.is_(None) for column in objected))
    ))  # fmt: skip
    part = [one for one in part if one.customer_id in used]
    if scorer.about == "vehicle":
        write_all(work, Need, [_need(one, as_of, version, purse.worth(one.customer_id, one.service)) for one in part])
    else:
        write_all(work, Score, [{"name": scorer.name, **_score(one, as_of, version)} for one in part])
    return len(part)


def _score(one: ScoreGiven, as_of: date, version: str) -> dict[str, Any]:
    return {
        "customer_id": one.customer_id,
        "as_of": as_of,
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "support": one.support,
        "reasons": list(one.reasons),
        "model": version,
    }


def _need(one: ScoreGiven, as_of: date, version: str, worth: Worth) -> dict[str, Any]:
    return {
        **_score(one, as_of, version),
        "vehicle_id": one.vehicle_id,
        "service": one.service,
        **asdict(worth),
    }
