"""Models learn from people: one that may have learned from somebody who was forgotten since is replaced by its day, and deleted.

No list of whom a model saw is kept, as that list would be one more thing to forget: it may have seen whoever was here when its training
began, was not forgotten yet, and had not said no to being predicted. `models` in config/privacy/retention.yaml says by when it goes."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.cases import RETENTION
from compliance.keeping import MODELS, Keeping, read_keeping
from hub.core import Hub
from hub.errors import NotFound
from hub.flow import scores
from hub.flow.scores import VERSION
from hub.models import ErasureRequest, Person
from hub.shelf import Shelf
from rules.calendar import local_day

LEAD = timedelta(days=7)  # before its day a model is replaced: the clock trains each week
LONGEST = timedelta(days=1)  # that a training reads


@dataclass(frozen=True)
class Flagged:
    """A model on the shelf. people: how many it may have learned from and were forgotten since; gone_by: the day of the first of them."""

    scorer: str
    version: str
    in_force: bool
    people: int
    gone_by: date


@dataclass(frozen=True)
class _Gone:
    """Somebody who was forgotten. unprofiled_at: since when nothing was to be predicted of them."""

    made_at: datetime
    unprofiled_at: datetime | None
    jurisdiction: str
    finished_at: datetime

    def was_seen_since(self, began: datetime | None) -> bool:
        """began: of a training; None where nobody knows."""
        if began is None:
            return True
        last = min(self.finished_at, self.unprofiled_at or self.finished_at)
        return self.made_at <= began + LONGEST and began <= last


def flagged(hub: Hub) -> list[Flagged]:
    """Of every scorer, the oldest first. One question to the database, whatever lies on the shelf."""
    shelf, keeping = scores.shelf_of(hub), read_keeping(hub.settings.config)
    with hub.look() as session:
        gone = [(one, _gone_by(hub, one, keeping)) for one in _gone(session)]
    found = []
    for scorer, version in _versions(shelf):
        began = _began(version)
        days = [day for one, day in gone if one.was_seen_since(began)]
        if days:
            found.append(Flagged(scorer, version, version == shelf.champion(scorer), len(days), min(days)))
    return found


def told(hub: Hub, request: ErasureRequest, person: Person, now: datetime) -> list[dict[str, str]]:
    """For the certificate: each model that may have learned from them, and by when it is gone."""
    if request.cause == RETENTION:  # who never was a customer was never learned from
        return []
    mine = _Gone(person.made_at, person.unprofiled_at, person.jurisdiction, now)
    day = _gone_by(hub, mine, read_keeping(hub.settings.config)).isoformat()
    versions = _versions(scores.shelf_of(hub))
    return [
        {"scorer": scorer, "model": version, "gone_by": day}
        for scorer, version in versions
        if mine.was_seen_since(_began(version))
    ]


def run(hub: Hub, actor: str) -> int:
    """Replace what is in force and near its day by the latest model that is not, and delete what has come to its day; answers how many
    were deleted. Where no other is worth anything nothing is in force from that day on, and the clock's next training decides."""
    shelf, today, count = scores.shelf_of(hub), scores.today(hub), 0
    days = {(one.scorer, one.version): one.gone_by for one in flagged(hub)}
    for scorer, champion in [(one, shelf.champion(one)) for one in shelf.scorers()]:
        near = days.get((scorer, champion or ""))
        if champion is not None and near is not None and today >= near - LEAD:
            staying = (one for one in shelf.versions(scorer) if days.get((scorer, one), date.max) - LEAD > today)
            other = max((one for one in staying if shelf.card(scorer, one)["worth"]), default=None)
            if other is not None:
                scores.promote(hub, scorer, other, actor, "forgotten")
            elif today >= near:
                scores.withdraw(hub, scorer, actor, "forgotten")
    for scorer, version in [key for key, day in days.items() if today >= day]:
        with suppress(NotFound):  # another run was here
            scores.remove(hub, scorer, version, actor)
            count += 1
    return count


def _versions(shelf: Shelf) -> Iterator[tuple[str, str]]:
    return ((scorer, version) for scorer in shelf.scorers() for version in shelf.versions(scorer))


def _gone_by(hub: Hub, one: _Gone, keeping: Keeping) -> date:
    return local_day(one.finished_at, hub.here.zone) + timedelta(days=keeping.of(MODELS, one.jurisdiction).days or 0)


def _began(version: str) -> datetime | None:
    """None where the version does not tell."""
    try:
        return datetime.strptime(version, VERSION).replace(tzinfo=UTC)
    except ValueError:
        return None


def _gone(session: Session) -> Iterator[_Gone]:
    rows = (
        select(Person.made_at, Person.unprofiled_at, ErasureRequest.jurisdiction, ErasureRequest.finished_at)
        .join(ErasureRequest, ErasureRequest.person_id == Person.id)
        .where(ErasureRequest.state == "certified", ErasureRequest.cause != RETENTION)
    )
    for made_at, unprofiled_at, jurisdiction, finished_at in session.execute(rows):
        if finished_at is not None:
            yield _Gone(made_at, unprofiled_at, jurisdiction, finished_at)
