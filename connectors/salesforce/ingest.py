"""Jobs of Bulk API 2.0 at the stand-in: opened, filled with CSV, closed, and answered row by row at the second look."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.salesforce.shelf import FIELDS, Problem, Shelf
from hub.sdk.effects_log import put_thing, thing

MOST = 150_000_000  # bytes of a file
RESULTS = {"successfulresults": "done", "failedresults": "failed", "unprocessedrecords": "left"}


def open_job(shelf: Shelf, asked: Mapping[str, Any]) -> dict[str, Any]:
    name, key = asked.get("object"), asked.get("externalIdFieldName")
    if name not in FIELDS or asked.get("operation") not in ("insert", "update", "upsert", "delete"):
        raise Problem("INVALIDENTITY", "object and operation are required.")
    if (asked["operation"] == "upsert") != bool(key):
        raise Problem("INVALIDJOB", "externalIdFieldName is for upserts, and required there.")
    number = f"750{int(thing(shelf.db, 'jobs', shelf.account) or 0) + 1:015d}"
    put_thing(shelf.db, "jobs", shelf.account, str(int(number[3:])))
    job = {
        "id": number, "object": name, "operation": asked["operation"], "externalIdFieldName": key, "state": "Open",
        "contentType": "CSV", "apiVersion": 60.0, "contentUrl": f"services/data/v60.0/jobs/ingest/{number}/batches",
        "numberRecordsProcessed": 0, "numberRecordsFailed": 0,
    }  # fmt: skip
    return _keep(shelf, job)


def fill(shelf: Shelf, number: str, content: bytes) -> None:
    job = _job(shelf, number, "Open")
    if "content" in job or not content or len(content) > MOST:
        raise Problem("INVALIDBATCH", "A job takes one file, of at most 150 MB.")
    _keep(shelf, {**job, "content": content.decode("utf-8")})


def set_state(shelf: Shelf, number: str, state: Any) -> dict[str, Any]:
    if state not in ("UploadComplete", "Aborted"):
        raise Problem("INVALIDJOBSTATE", "UploadComplete or Aborted.")
    job = _job(shelf, number, *(("Open",) if state == "UploadComplete" else ("Open", "UploadComplete", "InProgress")))
    return _keep(shelf, {**job, "state": state})


def look(shelf: Shelf, number: str) -> dict[str, Any]:
    """Whoever looks sees it going on once, and then as it ended."""
    job = _job(shelf, number)
    if job["state"] == "UploadComplete":
        return _keep(shelf, {**job, "state": "InProgress"})
    return _keep(shelf, _carried_out(shelf, job)) if job["state"] == "InProgress" else _shown(job)


def results(shelf: Shelf, number: str, which: str) -> str:
    job = _job(shelf, number, "JobComplete")
    rows = job[RESULTS[which.lower()]]
    first = {"done": ["sf__Id", "sf__Created"], "failed": ["sf__Id", "sf__Error"], "left": []}[RESULTS[which.lower()]]
    out = io.StringIO()
    writer = csv.DictWriter(out, [*first, *job["columns"]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _carried_out(shelf: Shelf, job: dict[str, Any]) -> dict[str, Any]:
    reader = csv.DictReader(io.StringIO(job.pop("content")))
    columns = list(reader.fieldnames or ())
    unheard = [one for one in columns if one not in FIELDS[job["object"]] and one != "Id"]
    if unheard:
        return {**job, "state": "Failed", "errorMessage": f"InvalidBatch : Field name not found : {unheard[0]}"}
    done, failed = [], []
    for row in reader:
        try:
            found, new = _apply(shelf, job, {name: _value(text) for name, text in row.items() if text != ""})
            done.append({"sf__Id": found["Id"], "sf__Created": str(new).lower(), **row})
        except Problem as problem:
            failed.append({"sf__Id": "", "sf__Error": f"{problem.code}:{problem.message}:--", **row})
    counts = {"numberRecordsProcessed": len(done) + len(failed), "numberRecordsFailed": len(failed)}
    return {**job, **counts, "state": "JobComplete", "columns": columns, "done": done, "failed": failed, "left": []}


def _apply(shelf: Shelf, job: Mapping[str, Any], row: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    name, key = job["object"], job["externalIdFieldName"]
    if job["operation"] == "insert":
        return shelf.create(name, row), True
    if job["operation"] == "upsert" and key != "Id":
        return shelf.upsert(name, key, row)
    found = shelf.alive(name, str(row.pop("Id", "")))
    if job["operation"] == "delete":
        shelf.delete(found)
        return found, False
    return shelf.write(name, found, row), False


def _value(text: str) -> str | None:
    return None if text == "#N/A" else text


def _job(shelf: Shelf, number: str, *states: str) -> dict[str, Any]:
    text = thing(shelf.db, f"job:{shelf.account}", number)
    if text is None:
        raise Problem("NOT_FOUND", "The requested resource does not exist", 404)
    job: dict[str, Any] = json.loads(text)
    if states and job["state"] not in states:
        raise Problem("INVALIDJOBSTATE", f"The job is {job['state']}.")
    return job


def _keep(shelf: Shelf, job: Mapping[str, Any]) -> dict[str, Any]:
    put_thing(shelf.db, f"job:{shelf.account}", job["id"], json.dumps(job))
    return _shown(job)


def _shown(
    job: Mapping[str, Any], hidden: Iterable[str] = ("content", "columns", "done", "failed", "left")
) -> dict[str, Any]:
    return {name: value for name, value in job.items() if name not in hidden}
