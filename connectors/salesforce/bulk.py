"""Bulk API 2.0: one job takes what would be many collections, and says of each row what became of it."""

import csv
import io
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from hub.sdk import Refused, RetryLater

FROM = 1_500  # rows; for fewer, collections of 200 cost no more calls, and answer at once
PATIENCE, PAUSE, SLOWEST = 45.0, 0.1, 5.0  # seconds: for a whole job, before the first look, between two looks
EMPTY = "#N/A"  # an empty cell leaves a field as it is; this one empties it
CSV = {"Content-Type": "text/csv; charset=UTF-8", "Accept": "application/json"}

Row = Mapping[str, Any]


class Reply(Protocol):
    @property
    def body(self) -> bytes: ...


@runtime_checkable
class Exchanges(Protocol):
    """An Api that also sends and gets what is no JSON."""

    def request(self, method: str, path: str, *, json: Any = None) -> Any: ...

    def exchange(
        self, method: str, path: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply: ...


def load(
    api: Exchanges, root: str, name: str, key: str, rows: Sequence[Row], pause: Callable[[float], None] = time.sleep
) -> list[dict[str, Any]] | None:
    """Upsert rows by `key`; answers like a collection, in their order. None: Salesforce takes no such job, which had no
    effect, so collections have to say what is wrong with which row. Raises PartnerError."""
    jobs = f"{root}/jobs/ingest"
    asked = {
        "object": name,
        "operation": "upsert",
        "externalIdFieldName": key,
        "contentType": "CSV",
        "lineEnding": "LF",
    }
    try:
        job = f"{jobs}/{api.request('POST', jobs, json=asked)['id']}"
    except Refused:
        return None
    api.exchange("PUT", f"{job}/batches", content=_csv(rows), headers=CSV)
    api.request("PATCH", job, json={"state": "UploadComplete"})
    if not _wait(api, job, pause):
        return None
    done = {row[key]: _done(row) for row in _results(api, f"{job}/successfulResults")}
    done |= {row[key]: _failed(row) for row in _results(api, f"{job}/failedResults")}
    return [done.get(str(row[key]), UNPROCESSED) for row in rows]


def fits(rows: Sequence[Row], key: str) -> bool:
    """Results come in any order and are told apart by their key alone, so each must be there once."""
    return len(rows) >= FROM and len({row.get(key) for row in rows}) == len(rows) and all(row.get(key) for row in rows)


UNPROCESSED: dict[str, Any] = {"success": False, "errors": [{"statusCode": "SERVER_UNAVAILABLE"}]}


def _wait(api: Exchanges, job: str, pause: Callable[[float], None]) -> bool:
    """Whether it is complete; a job that failed as a whole took no row. One that takes too long is ended, so that it
    cannot overwrite what is told later."""
    waited, wait = 0.0, PAUSE
    while waited < PATIENCE:
        pause(wait)
        waited, wait = waited + wait, min(2 * wait, SLOWEST)
        state = api.request("GET", job).get("state")
        if state in ("JobComplete", "Failed", "Aborted"):
            return bool(state == "JobComplete")
    api.request("PATCH", job, json={"state": "Aborted"})
    raise RetryLater("Salesforce's job takes too long.", happened=True)


def _csv(rows: Sequence[Row]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row if name != "attributes"))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row[name]) if name in row else "" for name in names] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None or value == "":
        return EMPTY
    return str(value).lower() if isinstance(value, bool) else str(value)


def _results(api: Exchanges, path: str) -> list[dict[str, str]]:
    text = api.exchange("GET", path, headers={"Accept": "text/csv"}).body.decode("utf-8", errors="replace")
    rows = list(csv.DictReader(io.StringIO(text)))
    if rows and "sf__Id" not in rows[0]:
        raise RetryLater("Salesforce's results are no results.", happened=True)
    return rows


def _done(row: Mapping[str, str]) -> dict[str, Any]:
    return {"success": True, "id": row["sf__Id"], "created": row.get("sf__Created") == "true", "errors": []}


def _failed(row: Mapping[str, str]) -> dict[str, Any]:
    """sf__Error reads CODE:words:fields --"""
    return {"success": False, "errors": [{"statusCode": str(row.get("sf__Error")).partition(":")[0]}]}
