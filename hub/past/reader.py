"""FactReader over one region: columns per customer or per car as of a day, from a past that ends on the day it was read for."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from hub.errors import WrongInput
from hub.past.cars import PER_SERVICE, PLAIN, car_column, owned_cars, services_of
from hub.past.customers import FACTS, known_customers
from hub.past.groups import Known, Rows
from hub.past.reading import read_past
from hub.past.streams import Past, day_number, day_of


class PastReader:
    """Every column is made of a past that was cut at `as_of` before: nothing later can enter, whoever writes the fact."""

    def __init__(self, past: Past) -> None:
        self.past = past
        self.services: Sequence[str] = services_of(past)

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


def read_facts(session: Session, until: date, services: Mapping[str, str]) -> PastReader:
    """services: code of a line or of advice, in lower case -> the service it belongs to; a code that is not there is one itself."""
    return PastReader(read_past(session, day_number(until), services))


__all__ = ["Known", "PastReader", "Rows", "read_facts"]
