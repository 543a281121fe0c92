"""Which objects the HubSpot sandbox has associated: made and taken away in batches, moved by merges, gone with either end."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.hubspot.books import PROPERTIES, TYPES, Books, Problem
from hub.sdk.effects_log import applied, put_thing, thing

MADE, READ = 2_000, 1_000  # inputs of a batch that associates or takes away, and of one that reads
PRIMARY = {("contacts", "companies"): 279, ("deals", "contacts"): 3, ("deals", "companies"): 341}


class Associations:
    """From objects of one type to objects of another; each is seen from both ends."""

    def __init__(self, books: Books, from_kind: str, to_kind: str) -> None:
        self.books = books
        self.kinds = (_plural(from_kind), _plural(to_kind))

    def associate(self, one: Mapping[str, Any]) -> dict[str, Any]:
        """Setting it twice is setting it once. Raises Problem."""
        ends = self._ends(one["from"], one["to"])
        if ends[1] not in self._beside(ends[0]):
            self._keep(*self.kinds, *ends, there=True)
            self._tell("associated", ends)
        number = PRIMARY.get(self.kinds, 1)
        spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number}
        return {"from": {"id": ends[0]}, "to": {"id": ends[1]}, "associationSpec": spec}

    def take_away(self, one: Mapping[str, Any]) -> None:
        """What is not associated stays so, whether or not it is there."""
        number = self._today(0, str(one["from"]["id"]))
        for other in {str(end["id"]) for end in one["to"]} & set(self._beside(number)):
            self._keep(*self.kinds, number, other, there=False)
            self._tell("dissociated", (number, other))

    def read(self, one: Mapping[str, Any]) -> dict[str, Any]:
        """Raises Problem."""
        number = self.books.alive(self.kinds[0], str(one["id"]))["id"]
        types = [{"category": "HUBSPOT_DEFINED", "typeId": PRIMARY.get(self.kinds, 1), "label": None}]
        to = [{"toObjectId": int(other), "associationTypes": types} for other in sorted(self._beside(number))]
        return {"from": {"id": number}, "to": to}

    def _ends(self, *ends: Mapping[str, Any]) -> tuple[str, str]:
        first, second = (
            str(self.books.alive(kind, str(end["id"]))["id"]) for kind, end in zip(self.kinds, ends, strict=True)
        )
        return first, second

    def _beside(self, number: str) -> list[str]:
        """The other ends, alive, under the ids they live on under; what was merged into this one brought its own along."""
        own = [number, *self.books.merged_into(self.kinds[0], number)]
        shelf = _shelf(*self.kinds, self.books.account)
        found = {other for one in own for other in json.loads(thing(self.books.db, shelf, one) or "[]")}
        return sorted({today for one in found if (today := self._today(1, one))})

    def _today(self, end: int, number: str) -> str:
        try:
            return str(self.books.alive(self.kinds[end], number)["id"])
        except Problem:
            return ""

    def _keep(self, from_kind: str, to_kind: str, first: str, second: str, there: bool) -> None:
        for kinds, one, other in (((from_kind, to_kind), first, second), ((to_kind, from_kind), second, first)):
            shelf = _shelf(*kinds, self.books.account)
            known = set(json.loads(thing(self.books.db, shelf, one) or "[]"))
            put_thing(self.books.db, shelf, one, json.dumps(sorted(known | {other} if there else known - {other})))

    def _tell(self, motion: str, ends: tuple[str, str]) -> None:
        ref = self.books.alive(self.kinds[0], ends[0])["properties"].get("garage_ref", ends[0])
        applied(self.books.db, self.books.account, "", motion, ref, f"{self.kinds[1]}:{ends[1]}")


def batch(books: Books, kinds: tuple[str, str], verb: str, inputs: Any) -> tuple[list[Any], list[dict[str, Any]]]:
    """(results, errors), each input by itself. Raises Problem."""
    among, most = Associations(books, *kinds), READ if verb == "read" else MADE
    steps = {"associate/default": among.associate, "archive": among.take_away, "read": among.read}
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= most:
        raise Problem(400, "VALIDATION_ERROR", f"inputs must have 1 to {most:,} items.")
    return _each(steps[verb], inputs)


def make_list(books: Books, number: str) -> None:
    """A person makes a static list of contacts."""
    put_thing(books.db, f"list:{books.account}", number, "[]")


def enlist(books: Books, number: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Static lists take anybody once; who is not there is named. Raises Problem."""
    known = thing(books.db, f"list:{books.account}", number)
    if known is None:
        raise Problem(404, "OBJECT_NOT_FOUND", "List does not exist.")
    if not isinstance(asked.get("recordIdsToAdd"), list) or not isinstance(asked.get("recordIdsToRemove"), list):
        raise Problem(400, "VALIDATION_ERROR", "recordIdsToAdd and recordIdsToRemove are required.")
    on = set(json.loads(known))
    missing = [one for one in asked["recordIdsToAdd"] if books.get("contacts", one) is None]
    added = sorted(set(asked["recordIdsToAdd"]) - on - set(missing))
    removed = sorted(set(asked["recordIdsToRemove"]) & on)
    put_thing(books.db, f"list:{books.account}", number, json.dumps(sorted((on | set(added)) - set(removed))))
    for motion, some in (("enlisted", added), ("delisted", removed)):
        for one in some:
            applied(books.db, books.account, "", motion, one, number)
    return {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}


def _each(step: Any, inputs: Sequence[Any]) -> tuple[list[Any], list[dict[str, Any]]]:
    results, errors = [], []
    for one in inputs:
        try:
            results.append(step(one))
        except (KeyError, TypeError):
            raise Problem(400, "VALIDATION_ERROR", "from and to need an id each.") from None
        except Problem as problem:
            said = {**problem.body(), "context": {"fromObjectId": [str(end) for end in _named(one, "from")],
                                                  "toObjectId": [str(end) for end in _named(one, "to")]}}  # fmt: skip
            errors.append(said)
    return results, errors


def _named(one: Mapping[str, Any], end: str) -> Iterator[Any]:
    found = one.get(end, {"id": one.get("id")})
    for each in found if isinstance(found, list) else [found]:
        yield each.get("id")


def _plural(kind: str) -> str:
    """Both `contact` and `contacts` are understood, and the number of a type. Raises Problem."""
    name = TYPES.get(kind, kind)
    name = next((one for one in PROPERTIES if name in (one, _single(one))), "")
    if not name:
        raise Problem(400, "VALIDATION_ERROR", f"Unable to infer object type from: {kind}")
    return name


def _single(kind: str) -> str:
    return "company" if kind == "companies" else kind.removesuffix("s")


def _shelf(from_kind: str, to_kind: str, account: str) -> str:
    return f"associated:{from_kind}:{to_kind}:{account}"
