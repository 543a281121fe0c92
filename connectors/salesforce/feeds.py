"""Salesforce's own feeds of ids, `updated` and `deleted`: a safety net under the reading by SOQL, and what has left the bin."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.salesforce import words
from connectors.salesforce.soql_pages import Soql
from hub.sdk import Api, RetryLater, WrongInput
from hub.sdk.cursor import Cursor, Row

EVERY = timedelta(minutes=10)  # two calls each time: 288 of the 100,000 a day
BACK = timedelta(days=29)  # both refuse a start of more than 30 days ago
SHORTEST = timedelta(minutes=1)
READ, MANY = 200, 2_000  # ids to a query; from so many on a comparison of both sides costs less


class Feeds:
    """Where they go on is `latestDateCovered`: what still runs at Salesforce is not covered yet, and comes the next time."""

    def __init__(self, api: Api, root: str, soql: Soql) -> None:
        self.api, self.root, self.soql = api, root, soql

    @staticmethod
    def parse(cursor: str | None) -> tuple[str | None, datetime | None]:
        """The place of the reading, and until when the feeds were read. Raises WrongInput."""
        if cursor is None:
            return None, None
        try:
            found = json.loads(cursor)
            if isinstance(found, list):  # a reading that began without them
                return cursor, None
            return str(found["changes"]), datetime.fromisoformat(found["swept"])
        except (ValueError, TypeError, KeyError):
            raise WrongInput("The cursor cannot be read.", "Start the reading anew.") from None

    @staticmethod
    def text(cursor: Cursor, swept: datetime | None) -> str:
        if swept is None:
            return str(cursor)
        return json.dumps({"changes": str(cursor), "swept": swept.isoformat()}, separators=(",", ":"))

    def sweep(self, since: datetime | None, now: datetime, read: datetime) -> tuple[Sequence[Row], datetime, bool]:
        """Contacts as they stand that the feeds name since then, until when they are covered, and whether both sides must be
        compared: the feeds no longer reach back, or name too many. read: from where on the next reading tells whatever
        changed, so that nobody is told twice. Raises PartnerError."""
        if since is None:
            return (), now, False
        if now - since < max(EVERY, SHORTEST):
            return (), since, False
        if now - since > BACK:
            return (), now, True
        updated, deleted = self._feed("updated", since, now), self._feed("deleted", since, now)
        gone = {str(one["id"]): str(one["deletedDate"]) for one in deleted.get("deletedRecords") or ()}
        ids = sorted({*map(str, updated.get("ids") or ()), *gone})
        covered = min(_covered(one, now) for one in (updated, deleted))
        earliest = deleted.get("earliestDateAvailable")
        if len(ids) > MANY or (earliest and words.moment(earliest) > since):
            return (), covered, True
        return list(self._rows(ids, gone, read)), covered, False

    def _feed(self, which: str, since: datetime, now: datetime) -> dict[str, Any]:
        params = {"start": words.stamp(since), "end": words.stamp(now)}
        found = self.api.request("GET", f"{self.root}/sobjects/Contact/{which}/", params=params)
        if not isinstance(found, dict) or not found.get("latestDateCovered"):
            raise RetryLater("Salesforce's feed does not say how far it reaches.")
        return found

    def _rows(self, ids: Sequence[str], gone: dict[str, str], read: datetime) -> Iterator[Row]:
        """Read as they stand: a merged record is among the deleted ones, and lives on. One that is nowhere is gone for good."""
        for start in range(0, len(ids), READ):
            some = ids[start : start + READ]
            where = f"Id IN ({', '.join(words.quoted(one) for one in some)})"
            found = self.soql.rows(words.select("Contact", words.CHANGED, where, "Id", READ), "queryAll")
            there = {row["Id"] for row in found}
            late = [row for row in found if words.moment(row["SystemModstamp"]) < read]
            late += [
                {"Id": one, "IsDeleted": True, "SystemModstamp": gone[one]}
                for one in some
                if one in gone and one not in there
            ]
            yield from (Row(words.moment(row["SystemModstamp"]), row["Id"], row) for row in late)


def _covered(found: dict[str, Any], now: datetime) -> datetime:
    return min(words.moment(found["latestDateCovered"]), now)
