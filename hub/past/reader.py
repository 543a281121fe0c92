"""FactReader over one region: columns per customer or per car as of a day, from a past that ends on the day it was read for."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from hub.errors import WrongInput
from hub.past.cars import PER_SERVICE, PLAIN, car_column, owned_cars, services_of
from hub.past.customers import FACTS, known_customers
from hub.past.groups import Known, Rows
from hub.past.reading import KINDS, read_kind, unused
from hub.past.streams import OnDemand, Past, Stream, day_number, day_of


class PastReader:
    """Every column is made of a past that was cut at `as_of` before: nothing later can enter, whoever writes the fact."""

    def __init__(self, past: Past) -> None:
        self.past = past

    @cached_property
    def services(self) -> Sequence[str]:
        return services_of(self.past)

    @property
    def until(self) -> date:
        return day_of(self.past.until)

    def frame(self, names: Sequence[str], as_of: date) -> Mapping[str, Any]:
        """Raises WrongInput for an unknown fact, ValueError for a day after `until`."""
        known = known_customers(self._cut(as_of))
        unknown = [name for name in names if name not in FACTS]
        if unknown:
            raise WrongInput(f"There is no fact {', '.join(unknown)}.", f"Facts: {', '.join(FACTS)}.")
        return {"customer_id": known.ids, **{name: FACTS[name](known) for name in names}}

    def cars(self, names: Sequence[str], as_of: date) -> Mapping[str, Any]:
        """The same per car that somebody owns on that day, with `vehicle_id` and `customer_id`."""
        past = self._cut(as_of)
        unknown = [name for name in names if name not in PLAIN and name.partition(".")[0] not in PER_SERVICE]
        if unknown:
            known_names = [*PLAIN, *(f"{one}.SERVICE" for one in PER_SERVICE)]
            raise WrongInput(f"There is no fact {', '.join(unknown)}.", f"Facts of cars: {', '.join(known_names)}.")
        known, owned = owned_cars(past)
        return {
            "vehicle_id": known.ids,
            "customer_id": owned["customer_id"],
            **{name: car_column(known, owned, name) for name in names},
        }

    def _cut(self, as_of: date) -> Past:
        return self.past.cut(day_number(as_of))


@dataclass(frozen=True)
class Reading:
    """How the rows of a region come in, kind by kind, as facts ask for them. look: a session that only reads. services: code of a
    line or of advice, in lower case -> the service it belongs to; a code that is not there is one itself."""

    look: Callable[[], AbstractContextManager[Session]]
    until: int
    services: Mapping[str, str]

    @cached_property
    def unused(self) -> list[int]:
        """Asked once: whoever wants to be left alone from now on is left out where something is made of it."""
        with self.look() as session:
            return unused(session)

    def __call__(self, kind: str) -> Stream:
        nobody = self.unused
        with self.look() as session:
            return read_kind(session, kind, self.until, self.services, nobody)


def facts_by(
    look: Callable[[], AbstractContextManager[Session]], until: date, services: Mapping[str, str]
) -> PastReader:
    """Of what nobody asks for nothing is read."""
    last = day_number(until)
    return PastReader(Past(OnDemand(KINDS.keys(), Reading(look, last, services)), last))


def read_facts(session: Session, until: date, services: Mapping[str, str]) -> PastReader:
    """All kinds, now: they can be asked of when the session is closed. services: see Reading."""
    reader = facts_by(lambda: nullcontext(session), until, services)
    for kind in reader.past.streams:
        reader.past[kind]
    return reader


__all__ = ["Known", "PastReader", "Rows", "facts_by", "read_facts"]
