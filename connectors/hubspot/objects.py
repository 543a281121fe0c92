"""HubSpot's objects: listed, read, described, searched for changes, and written in batches with a verdict per record."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.hubspot import words
from connectors.hubspot.linking import link
from hub.sdk import (
    Api,
    FieldShape,
    Incoming,
    Listing,
    Outcome,
    Page,
    PartnerError,
    Push,
    Refused,
    RetryLater,
    Seen,
    WrongInput,
)
from hub.sdk.cursor import Cursor, Pace, Row, turn
from hub.sdk.outcomes import each

MOST = 100  # inputs of a batch, rows of a list
TYPES = {"contact": "contacts", "company": "companies", "deal": "deals", "vehicle": "vehicles"}
PACE = Pace(lag=timedelta(seconds=15), overlap=timedelta(minutes=2), page=200)  # its search lags by seconds
REPEATED = timedelta(hours=24)  # how long HubSpot tries to deliver a webhook
SHAPES = {
    "string": "text",
    "enumeration": "choice",
    "number": "number",
    "date": "date",
    "datetime": "datetime",
    "bool": "bool",
}
FETCHED = ("email", "firstname", "lastname", "phone", "address", "hs_language", "garage_ref", "lastmodifieddate")


class Objects:
    """vehicle_type: what the account calls its custom object for vehicles (2-1234567, or p_vehicles)."""

    def __init__(self, api: Api, vehicle_type: str, now: Callable[[], datetime]) -> None:
        self.api, self.now = api, now
        self.types = {**TYPES, "vehicle": vehicle_type}

    def path(self, kind: str) -> str:
        """Raises WrongInput."""
        if kind not in self.types:
            raise WrongInput(f"HubSpot is asked for no kind “{kind}”.", f"Known: {', '.join(self.types)}.")
        return f"/crm/v3/objects/{self.types[kind]}"

    def list(self, kind: str, fields: Sequence[str], cursor: str | None) -> Listing:
        params = {"limit": str(MOST), "properties": ",".join({*fields, "garage_ref"}), "archived": "false"}
        found = self._ask("GET", self.path(kind), params=params | ({"after": cursor} if cursor else {}))
        after = ((found.get("paging") or {}).get("next") or {}).get("after")
        return Listing([words.seen(kind, row, fields) for row in _results(found)], after)

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Seen]:
        """A merged object answers under the id it lives on under; one that is not there comes as an error, or not at all."""
        seen = []
        for several in in_pieces(ids):
            found = {row.id: row for row in self._read(kind, several, fields)}
            for one in several:
                alone = found.get(one) or self._alone(kind, one, fields)
                if alone is not None and alone.id != one:
                    alone = Seen(kind, one, state="merged", into=alone.id)
                seen.append(alone or Seen(kind, one, state="missing"))
        return seen

    def _read(self, kind: str, ids: Sequence[str], fields: Sequence[str], by: str | None = None) -> Sequence[Seen]:
        body: dict[str, Any] = {
            "inputs": [{"id": one} for one in ids], "properties": [*{*fields, "garage_ref"}], "propertiesWithHistory": [],
        }  # fmt: skip
        found = self._ask("POST", f"{self.path(kind)}/batch/read", json=body | ({"idProperty": by} if by else {}))
        return [words.seen(kind, row, fields) for row in found.get("results", [])]

    def _alone(self, kind: str, id_: str, fields: Sequence[str]) -> Seen | None:
        """Only one that the batch did not give: was it merged into another?"""
        try:
            row = self._ask("GET", f"{self.path(kind)}/{id_}", params={"properties": ",".join([*fields, "garage_ref"])})
        except Refused:
            return None
        return words.seen(kind, row, fields)

    def describe(self, kind: str) -> Sequence[FieldShape]:
        self.path(kind)
        found = self._ask("GET", f"/crm/v3/properties/{self.types[kind]}")
        return [
            FieldShape(
                one["name"], SHAPES.get(one["type"], "text"),
                writable=not (one.get("modificationMetadata") or {}).get("readOnlyValue", False),
                unique=bool(one.get("hasUniqueValue")), choices=tuple(choice["value"] for choice in one.get("options") or ()),
            )
            for one in _results(found)
        ]  # fmt: skip

    def fetch(self, cursor: str | None) -> Page:
        """Contacts that changed, by search: in a frozen window by id, so that neither ties nor the limit of 10,000 results
        can hold it up. The first reading begins now: what was there before is listed. Search tells no deletions and no
        merges; after a pause longer than HubSpot repeats its webhooks, only a comparison can."""
        now = self.now()
        place = Cursor.parse(cursor) if cursor else Cursor.start(now - PACE.overlap, now, PACE)
        done = turn(place, self._changed, now, PACE, by_id=True)
        told = [Incoming(row.key, row.id, json.dumps(row.payload).encode(), row.at) for row in done.rows]
        missed = place.after is None and place.is_stale(now - REPEATED)
        return Page(told, str(done.cursor), more=done.more, resync=missed)

    def _changed(self, cursor: Cursor, limit: int) -> Sequence[Row]:
        filters = [
            _filter("lastmodifieddate", "GTE", _ms(cursor.since)),
            _filter("lastmodifieddate", "LT", _ms(cursor.until)),
        ]
        if cursor.after:
            filters.append(_filter("hs_object_id", "GT", cursor.after[1]))
        body = {
            "filterGroups": [{"filters": filters}], "properties": list(FETCHED), "limit": limit, "after": "0", "query": "",
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        }  # fmt: skip
        found = self._ask("POST", f"{self.path('contact')}/search", json=body)
        return [Row(words.moment(row["updatedAt"]), str(row["id"]), words.fetched(row)) for row in _results(found)]

    def set_fields(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        """By id where we know it, else by our ref; one call for each kind and way, and then their links."""
        outcomes: list[Outcome] = []
        try:
            for kind in sorted({str(push.body.get("kind")) for push in batch}):
                pushes = [push for push in batch if push.body.get("kind") == kind]
                if kind not in self.types:
                    outcomes += [Outcome(push.key, "refused", f"there is no kind {kind}") for push in pushes]
                    continue
                known = [push for push in pushes if push.partner_id]
                new = [push for push in pushes if not push.partner_id]
                for verb, some in (("update", known), ("upsert", new)):
                    if some:
                        told = self._write(f"{self.path(kind)}/batch/{verb}", some)
                        outcomes += link(self.api, self.types.__getitem__, kind, some, told)
        except PartnerError as error:
            error.outcomes = (*outcomes, *error.outcomes)
            raise
        return outcomes

    def _write(self, path: str, pushes: Sequence[Push]) -> Sequence[Outcome]:
        """A value that must be unique and is somebody else's is kept out; the rest of the object is told."""
        inputs = {push.key: words.fields_of(push) for push in pushes}
        told = self._tell(path, pushes, inputs)
        kept_out = {one.key: words.keep_out(inputs[one.key]) for one in told if one.reason == words.TAKEN}
        rest = [push for push in pushes if kept_out.get(push.key) and inputs[push.key]["properties"]]
        again = {one.key: one for one in (self._tell(path, rest, inputs) if rest else ())}
        for push in pushes:
            if names := kept_out.get(push.key):
                one = again.get(push.key) or Outcome(push.key, "sent", partner_id=push.partner_id)
                again[push.key] = replace(one, kept_out=names) if one.state == "sent" else one
        return [again.get(one.key, one) for one in told]

    def _tell(self, path: str, pushes: Sequence[Push], inputs: Mapping[str, Any]) -> Sequence[Outcome]:
        found = self.api.request("POST", path, json={"inputs": [inputs[push.key] for push in pushes]})
        return words.verdicts(found, pushes)

    def delete(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        """By HubSpot's own id only: deleting by an e-mail that nobody has would put a stranger on the blocklist. Who is
        not there is deleted already."""
        outcomes = []
        for kind in sorted({str(push.body.get("kind")) for push in batch}):
            pushes = [push for push in batch if push.body.get("kind") == kind]
            ids = self._ids(kind, pushes)
            erased = [push for push in pushes if push.body.get("how") == "erase" and kind == "contact"]
            archived = [push for push in pushes if push not in erased]
            if emptied := [
                words.emptied(push, ids[push.key]) for push in archived if push.key in ids and push.body.get("fields")
            ]:
                self.api.request("POST", f"{self.path(kind)}/batch/update", json={"inputs": emptied})
            if inputs := [{"id": ids[push.key]} for push in archived if push.key in ids]:
                self.api.request("POST", f"{self.path(kind)}/batch/archive", json={"inputs": inputs})
            outcomes += [Outcome(push.key, "sent") for push in archived]
            outcomes += each(erased, lambda push, ids=ids: self._erase(ids.get(push.key)))  # type: ignore[misc]
        return outcomes

    def merge(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        """Both are looked up first: whoever was told twice finds that they are one already, and one that is gone has nothing to bring.
        HubSpot may answer with a record that it made for both."""
        return each(batch, self._merge)

    def _merge(self, push: Push) -> str | None:
        kind, into = str(push.body["kind"]), str(push.body["into"])
        lost, kept = self._alone(kind, str(push.partner_id), ()), self._alone(kind, into, ())
        if kept is None:
            raise Refused("the object that was to stay is not there")
        if lost is None or lost.id == kept.id:
            return kept.id
        body = {"primaryObjectId": kept.id, "objectIdToMerge": lost.id}
        return str(self._ask("POST", f"{self.path(kind)}/merge", json=body)["id"])

    def _ids(self, kind: str, pushes: Sequence[Push]) -> Mapping[str, str]:
        """push key -> HubSpot's id; who is known by our ref only is looked up."""
        ids = {push.key: push.partner_id for push in pushes if push.partner_id}
        unknown = {words.ref_of(push): push.key for push in pushes if not push.partner_id}
        found = self._read(kind, list(unknown), (), by="garage_ref") if unknown else ()
        return ids | {unknown[one.ref]: one.id for one in found if one.ref in unknown}

    def _erase(self, number: str | None) -> None:
        if number is not None:
            self.api.request("POST", f"{self.path('contact')}/gdpr-delete", json={"objectId": number})

    def _ask(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        found = self.api.request(method, path, **given)
        if not isinstance(found, dict):
            raise RetryLater("HubSpot answered without a body.")
        return found


def _results(found: Mapping[str, Any]) -> Sequence[Any]:
    """An answer without a list is no empty list: it says nothing about anybody."""
    rows = found.get("results")
    if not isinstance(rows, list):
        raise RetryLater("HubSpot answered without results.")
    return rows


def in_pieces(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), MOST):
        yield ids[start : start + MOST]


def _filter(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}


def _ms(at: datetime) -> str:
    return str(int(at.astimezone(UTC).timestamp() * 1000))
