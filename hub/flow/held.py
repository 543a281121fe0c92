"""Personal values and aliases that people have, read together for a batch, so that nobody's are looked up one by one."""

from collections.abc import Iterable

from sqlalchemy import select

from hub.flow.batches import batches
from hub.models import Alias, PersonalValue
from hub.work import Work


class Held:
    """Good for one batch of one transaction. Of a person it has not read, it reads all when it is asked."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.values: dict[int, dict[tuple[str, int], PersonalValue]] = {}
        self.aliases: dict[int, dict[str, list[Alias]]] = {}

    def load(self, person_ids: Iterable[int]) -> None:
        for batch in batches(sorted(set(person_ids) - self.values.keys())):
            for person_id in batch:
                self.born(person_id)
            for value in self.work.session.scalars(select(PersonalValue).where(PersonalValue.person_id.in_(batch))):
                self.values[value.person_id][value.field, value.about_id] = value
            for alias in self.work.session.scalars(select(Alias).where(Alias.person_id.in_(batch)).order_by(Alias.id)):
                self.aliases[alias.person_id].setdefault(alias.kind, []).append(alias)

    def born(self, person_id: int) -> None:
        """Somebody new, who has none yet."""
        self.values[person_id], self.aliases[person_id] = {}, {}

    def values_of(self, person_id: int) -> dict[tuple[str, int], PersonalValue]:
        """By field and what it is about."""
        self._know(person_id)
        return self.values[person_id]

    def aliases_of(self, person_id: int, kind: str) -> list[Alias]:
        self._know(person_id)
        return self.aliases[person_id].setdefault(kind, [])

    def _know(self, person_id: int) -> None:
        if person_id not in self.values:
            self.load([person_id])
