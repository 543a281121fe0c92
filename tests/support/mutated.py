"""The reference connector (tests/plugins/hub-acme), broken in one place each, as a hurried author might break it."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import requests
from hub_acme import PACE, Acme, words
from marshmallow import RAISE

from hub.sdk import (
    Account,
    Answer,
    AuthBroken,
    EffectClass,
    FieldShape,
    Incoming,
    Knock,
    Listing,
    NotJson,
    Outcome,
    Page,
    PartnerError,
    Push,
    Record,
    Refused,
    RetryLater,
    Seen,
    Topic,
    check_standard_webhook,
    read_json,
)
from hub.sdk.cursor import Cursor, Row, turn
from hub.sdk.outcomes import each

MUTANTS: list[tuple[type[Acme], str]] = []


def caught_by(check: str) -> Callable[[type[Acme]], type[Acme]]:
    def keep(mutant: type[Acme]) -> type[Acme]:
        MUTANTS.append((mutant, check))
        return mutant

    return keep


# --- what comes in


@caught_by("in.early")
class BelievesTheFuture(Acme):
    def verify(self, knock: Knock) -> Sequence[Incoming]:
        at = knock.received_at.fromtimestamp(int(knock.headers.get("webhook-timestamp", "0")), knock.received_at.tzinfo)
        return super().verify(replace(knock, received_at=max(at, knock.received_at)))


@caught_by("in.rotation")
class OneSecret(Acme):
    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.secrets = self.secrets[:1]


@caught_by("in.no_secret")
class OpenWithoutSecret(Acme):
    def verify(self, knock: Knock) -> Sequence[Incoming]:
        if self.secrets:
            check_standard_webhook(knock.headers, knock.body, self.secrets, knock.received_at)
        person = words.read(read_json(knock.body))
        return [Incoming(knock.headers.get("webhook-id", "x"), person["id"], knock.body)]


@caught_by("in.answers")
class AnswersBadly(Acme):
    def answer(self, knock: Knock) -> Answer:
        return Answer(500)


@caught_by("in.entity")
class AboutNobody(Acme):
    def verify(self, knock: Knock) -> Sequence[Incoming]:
        return [replace(one, entity="") for one in super().verify(knock)]


@caught_by("in.broken_utf8")
class DecodesFirst(Acme):
    def verify(self, knock: Knock) -> Sequence[Incoming]:
        knock.body.decode()
        return super().verify(knock)


@caught_by("words.ours")
class NaiveTimes(Acme):
    def normalise(self, payload: bytes) -> Iterable[Record]:
        return [replace(one, at=one.at.replace(tzinfo=None)) for one in super().normalise(payload)]  # type: ignore[union-attr]


@caught_by("words.types")
class Unchecked(Acme):
    def normalise(self, payload: bytes) -> Iterable[Record]:
        person = json.loads(payload)
        return words.records({**person, "updated_at": words.Person().load(person)["updated_at"]})


@caught_by("words.nan")
class TakesAnyNumber(Acme):
    def normalise(self, payload: bytes) -> Iterable[Record]:
        found = json.loads(payload)
        return [replace(one, name=found.get("name")) for one in super().normalise(payload.replace(b"NaN", b"null"))]


@caught_by("words.pure")
class Remembers(Acme):
    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.last: str | None = None

    def normalise(self, payload: bytes) -> Iterable[Record]:
        found = [replace(one, address=self.last) for one in super().normalise(payload)]  # type: ignore[call-arg]
        self.last = "remembered"
        return found


@caught_by("fault.field_added")
class Strict(Acme):
    def normalise(self, payload: bytes) -> Iterable[Record]:
        try:
            words.Person(unknown=RAISE).load({k: v for k, v in read_json(payload).items() if k not in ("type", "note")})
        except AttributeError:
            raise NotJson("no object") from None
        except ValueError as error:
            raise NotJson(str(error)) from None
        return super().normalise(payload)


# --- what is read


@caught_by("read.all")
class DropsOne(Acme):
    def fetch(self, cursor: str | None) -> Page:
        page = super().fetch(cursor)
        return replace(page, incoming=page.incoming[:-1] if page.more else page.incoming)


@caught_by("read.all")
class OnePageOnly(Acme):
    def fetch(self, cursor: str | None) -> Page:
        page = super().fetch(cursor)
        if not page.more or page.cursor is None:
            return page
        return Page(page.incoming, str(replace(Cursor.parse(page.cursor), after=None).next(self.now(), PACE)))


@caught_by("read.changed")
class KeyedById(Acme):
    def fetch(self, cursor: str | None) -> Page:
        page = super().fetch(cursor)
        return replace(page, incoming=[replace(one, key=one.entity) for one in page.incoming])


@caught_by("read.quiet")
class KeyedByClock(Acme):
    def fetch(self, cursor: str | None) -> Page:
        page = super().fetch(cursor)
        return replace(page, incoming=[replace(one, key=f"{one.key}{self.now()}") for one in page.incoming])


@caught_by("read.429")
class Swallows(Acme):
    def fetch(self, cursor: str | None) -> Page:
        try:
            return super().fetch(cursor)
        except PartnerError:
            return Page([], cursor)


@caught_by("fault.unavailable")
class MovesOn(Acme):
    def fetch(self, cursor: str | None) -> Page:
        try:
            return super().fetch(cursor)
        except RetryLater:
            place = Cursor.parse(cursor) if cursor else Cursor.start(self.now(), self.now(), PACE)
            return Page([], str(replace(place, since=self.now(), until=self.now(), after=None)))


@caught_by("read.object")
class EmptyByDefault(Acme):
    def _people(self, params: dict[str, str]) -> list[dict[str, Any]]:
        found = self._ask("GET", "/v1/people", params=params)
        return list((found or {}).get("people", []))


@caught_by("fault.tie_storm")
class ByTimeAlone(Acme):
    def _people(self, params: dict[str, str]) -> list[dict[str, Any]]:
        return super()._people({**params, **({"after": "~"} if "after_at" in params else {})})


@caught_by("fault.tie_storm")
class GrowingCursor(Acme):
    def fetch(self, cursor: str | None) -> Page:
        place, _, seen = (cursor or "").partition("|")
        page = super().fetch(place or None)
        return replace(page, cursor=f"{page.cursor}|{seen}{'.' * len(page.incoming)}")


class NoPatience(Acme):
    """Reads up to now, and never looks back."""

    pace = replace(PACE, lag=timedelta(0), overlap=timedelta(0))

    def fetch(self, cursor: str | None) -> Page:
        now = self.now()
        place = Cursor.parse(cursor) if cursor else Cursor.start(now, now, self.pace)
        done = turn(place, self._changed, now, self.pace)
        told = [Incoming(row.key, row.id, json.dumps(row.payload).encode(), row.at) for row in done.rows]
        return Page(told, str(done.cursor), more=done.more)


MUTANTS.append((NoPatience, "fault.late_commit"))


@caught_by("fault.same_second")
class FromTheNext(NoPatience):
    pace = replace(PACE, lag=timedelta(0), overlap=timedelta(seconds=-1))


@caught_by("read.cursor_nonsense")
class TrustsCursors(Acme):
    def fetch(self, cursor: str | None) -> Page:
        if cursor is not None:
            json.loads(cursor)[2]
        return super().fetch(cursor)


@caught_by("read.one_bad")
class ReadsAllOrNothing(Acme):
    def _changed(self, cursor: Cursor, limit: int) -> Sequence[Row]:
        rows = super()._changed(cursor, limit)
        return [row for row in rows if words.read(row.payload)]


@caught_by("read.keys")
class Unkeyed(Acme):
    def _changed(self, cursor: Cursor, limit: int) -> Sequence[Row]:
        return [replace(row, id="") for row in super()._changed(cursor, limit)]


# --- what goes out


@caught_by("out.partial")
class ReadsTheStatusAlone(Acme):
    def _id(self, found: Any) -> str | None:
        return str(found["id"]) if isinstance(found, dict) and "id" in found else None


@caught_by("out.partial")
class AllOrNothing(Acme):
    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        found = super().push(batch)
        return (
            [replace(one, state="refused") for one in found] if any(one.state == "refused" for one in found) else found
        )


@caught_by("out.429_seconds")
class IgnoresRetryAfter(Acme):
    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        try:
            return super().push(batch)
        except RetryLater as error:
            return [Outcome(push.key, "retry") for push in batch if error.what]


@caught_by("out.busy_once")
class Hammers(Acme):
    def _ask(self, method: str, path: str, **given: Any) -> Any:
        for _ in range(3):
            try:
                return super()._ask(method, path, **given)
            except RetryLater as error:
                last = error
        raise last


@caught_by("out.budget")
class CallsAround(Acme):
    def _ask(self, method: str, path: str, **given: Any) -> Any:
        api: Any = self.api
        with requests.Session() as session:
            session.headers.update(api.session.headers)
            return session.request(method, api.base_url + path.lstrip("/"), timeout=5, **given).json()


@caught_by("privacy.logs")
class LogsAddresses(Acme):
    def _tell(self, push: Push) -> str | None:
        logging.getLogger("acme").info("telling %s", push.body.get("email"))
        return super()._tell(push)


@caught_by("privacy.logs")
class NamesPeopleInReasons(Acme):
    def _tell(self, push: Push) -> str | None:
        try:
            return super()._tell(push)
        except Refused:
            raise Refused(f"{push.body.get('phone')} was refused") from None


@caught_by("privacy.targets")
class PersonInTheAddress(Acme):
    def _ask(self, method: str, path: str, **given: Any) -> Any:
        found = (given.get("json") or {}).get("email")
        return super()._ask(method, path, **given, **({"params": {"email": found}} if found else {}))


@caught_by("out.sparing")
class NamesNoFields(Acme):
    topics: ClassVar[tuple[Topic, ...]] = tuple(replace(one, fields=()) for one in Acme.topics)


@caught_by("out.masked")
class NeedsAName(Acme):
    def _tell(self, push: Push) -> str | None:
        return super()._tell(replace(push, body={**push.body, "name": push.body["name"]}))


@caught_by("out.nothing")
class CallsForNothing(Acme):
    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        self._ask("GET", "/v1/fields")
        return super().push(batch)


@caught_by("out.401")
class WaitsForAKey(Acme):
    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        try:
            return super().push(batch)
        except AuthBroken as error:
            raise RetryLater(error.what) from None


@caught_by("out.quota_403")
class ParksOnQuota(Acme):
    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        try:
            return super().push(batch)
        except RetryLater as error:
            raise (AuthBroken(error.what) if "403" in error.what else error) from None


@caught_by("out.422")
class NeverGivesUp(Acme):
    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        return [replace(one, state="retry") if one.state == "refused" else one for one in super().push(batch)]


@caught_by("out.error_quiet")
class LosesTheRest(Acme):
    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        try:
            return super().push(batch)
        except PartnerError as error:
            error.outcomes = error.outcomes[:1]
            raise


@caught_by("fault.failing")
class SentAnyway(Acme):
    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        try:
            return super().push(batch)
        except PartnerError:
            return [Outcome(push.key, "sent") for push in batch]


@caught_by("fault.reset_after")
class GivesUpInDoubt(Acme):
    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        try:
            return super().push(batch)
        except RetryLater as error:
            return [Outcome(push.key, "refused" if error.happened else "retry", "x", error.after) for push in batch]


@caught_by("out.effect")
class CountsUp(Acme):
    def _tell(self, push: Push) -> str | None:
        return super()._tell(replace(push, body={**push.body, "tier": f"{push.body.get('tier')} {push.attempt}"}))


@caught_by("shape.topics")
class RepeatsWhatIsNotBlind(Acme):
    topics: ClassVar[tuple[Topic, ...]] = (Topic("tier_changed", EffectClass.NATURAL, "crm_sync", repeat_blind=True),)


@caught_by("shape.quiet")
class AsksWhenBuilt(Acme):
    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._ask("GET", "/v1/fields")


# --- objects in step


@caught_by("step.listed")
class ListsOnePage(Acme):
    def list(self, kind: str, fields: Sequence[str], cursor: str | None) -> Listing:
        return replace(super().list(kind, fields, cursor), cursor=None)


@caught_by("step.read")
class ReadsWhatThereIs(Acme):
    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Seen]:
        return [one for one in super().read(kind, ids, fields) if one.state != "missing"]


@caught_by("step.set")
class NoIdComesBack(Acme):
    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        return [replace(one, partner_id=None) for one in super().push(batch)]


@caught_by("step.cleared")
class ClearsNothing(Acme):
    def _set(self, push: Push) -> str | None:
        told: Mapping[str, Any] = {name: value for name, value in push.body["fields"].items() if value}
        return super()._set(replace(push, body={**push.body, "fields": told}))


@caught_by("step.described")
class DescribesNothing(Acme):
    def describe(self, kind: str) -> Sequence[FieldShape]:
        return []


@caught_by("step.erased")
class Hides(Acme):
    def _delete(self, push: Push) -> None:
        self._ask("PATCH", f"/v1/people/{push.partner_id}", json={"segments": "deleted"})


@caught_by("step.deleted")
class MindsWhoIsGone(Acme):
    def _delete(self, push: Push) -> None:
        if push.partner_id is not None:
            self._ask("DELETE", f"/v1/people/{push.partner_id}")
        else:
            each([push], super()._delete)


@caught_by("shape.whole")
class HalfACrm(Acme):
    topics: ClassVar[tuple[Topic, ...]] = Acme.topics[:3]
