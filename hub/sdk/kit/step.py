"""Checks of objects in step: listed, read, described, set and deleted by their own names."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hub.sdk.contracts import DELETE, SET_FIELDS, Push
from hub.sdk.kit.run import Run
from hub.sdk.kit.shape import keeps_in_step
from hub.sdk.kit.table import Level, check

TYPES = {"text", "number", "date", "datetime", "bool", "choice", "reference"}
SECRET = "forget-kit"  # noqa: S105 - a person's value that has to be forgotten


def deletes(run: Run) -> str:
    return keeps_in_step(run) or ("" if any(one.name == DELETE for one in run.connector.topics) else "it has no delete")


def knows_people(run: Run) -> str:
    return deletes(run) or ("" if "contact" in run.connector.kinds else "it keeps no people")


def _made(run: Run, many: int, **fields: str) -> list[tuple[Push, str]]:
    """Objects of the first kind and the partner's ids of them."""
    batch = [run.push_of(SET_FIELDS, next(run.numbers)) for _ in range(many)]
    batch = [replace(one, body={**one.body, "fields": {**one.body["fields"], **fields}}) for one in batch]
    ids = {one.key: one.partner_id or "" for one in run.push(batch)[0]}
    return [(push, ids.get(push.key, "")) for push in batch]


def _listed(run: Run) -> list[Any]:
    kind, found, cursor = run.connector.kinds[0], [], None
    for _ in range(200):
        page = run.build().list(kind, [run.plain_field], cursor)
        found += page.seen
        cursor = page.cursor
        if cursor is None:
            return found
    raise RuntimeError("the list does not end")


@check("step.described", "fields are described: type, uniqueness, what may be written", Level.SILVER, keeps_in_step)
def _described(run: Run) -> Iterator[str]:
    """A mapping is compared with what is really there: a field that is gone is drift, and reported."""
    for kind in run.connector.kinds:
        shapes = run.connector.describe(kind)
        if not shapes or len({one.name for one in shapes}) != len(shapes):
            yield f"{kind}: nothing, or a name twice"
        if strange := {one.type for one in shapes} - TYPES:
            yield f"{kind}: unknown types {', '.join(sorted(strange))}"


@check("step.set", "what is set is read again, under the id that came back", Level.SILVER, keeps_in_step)
def _set(run: Run) -> Iterator[str]:
    """The id is kept as a link: from then on the object is told by it."""
    (push, number) = _made(run, 1)[0]
    if not number:
        yield "no partner_id came back"
        return
    later = replace(
        push, key=f"{push.key}_b", partner_id=number, body={**push.body, "fields": {run.plain_field: "kit b"}}
    )
    run.push([later])
    (seen,) = run.connector.read(run.connector.kinds[0], [number], [run.plain_field])
    if (seen.id, seen.ref, dict(seen.fields)) != (number, push.entity, {run.plain_field: "kit b"}):
        yield f"read as {seen.state}, with {sorted(seen.fields)}"


@check("step.listed", "every object is listed once, ordered, page by page", Level.SILVER, keeps_in_step)
def _listing(run: Run) -> Iterator[str]:
    """Reconciliation walks along both sides; an object that is left out would be made a second time."""
    size = run.connector.batch_size
    ids = [number for start in range(0, 230, size) for _, number in _made(run, min(size, 230 - start))]
    found = [one.id for one in _listed(run)]
    if set(ids) - set(found):
        yield f"{len(set(ids) - set(found))} are left out"
    if len(found) != len(set(found)) or found != sorted(found):
        yield "some come twice, or out of order"


@check(
    "step.read",
    "objects are read in the order asked for; one that is not there is missing",
    Level.SILVER,
    keeps_in_step,
)
def _read(run: Run) -> Iterator[str]:
    """Answers are matched by place."""
    ids = [number for _, number in _made(run, 3)]
    asked = [ids[2], ids[0][:-3] + "zzz", ids[1]]
    seen = run.connector.read(run.connector.kinds[0], asked, [run.plain_field])
    if [one.id for one in seen] != asked or [one.state for one in seen] != ["live", "missing", "live"]:
        yield f"{[one.state for one in seen]}"


@check("step.cleared", "an empty value clears a field", Level.GOLD, keeps_in_step)
def _cleared(run: Run) -> Iterator[str]:
    """None is empty; a field that is absent says nothing."""
    (push, number) = _made(run, 1)[0]
    field = next((one.name for one in _texts(run) if one.name != run.plain_field), run.plain_field)
    for value in ("kit", None):
        told = {**push.body, "fields": {field: value}}
        run.push([replace(push, key=f"{push.key}_{value}", partner_id=number, body=told)])
    (seen,) = run.connector.read(run.connector.kinds[0], [number], [field, run.plain_field])
    if seen.fields.get(field) is not None or seen.fields.get(run.plain_field) is None:
        yield "it stays, or another went with it"


def _texts(run: Run) -> list[Any]:
    shapes = run.connector.describe(run.connector.kinds[0])
    return [one for one in shapes if one.writable and not one.unique and one.type == "text"]


@check(
    "step.deleted", "what is deleted is no longer listed, and deleting twice is deleting once", Level.SILVER, deletes
)
def _deleted(run: Run) -> Iterator[str]:
    """Who is not there is deleted already, by id and by our ref alike."""
    (push, number), (_, other) = _made(run, 2)
    gone = replace(push, topic=DELETE, body={"kind": push.body["kind"], "how": "archive"})
    for key, partner_id in (("c", number), ("d", None), ("e", number)):
        outcomes, error = run.push([replace(gone, key=f"{push.key}{key}", partner_id=partner_id)])
        if error or [one.state for one in outcomes] != ["sent"]:
            yield f"{type(error).__name__ if error else [one.state for one in outcomes]}"
    left = {one.id for one in _listed(run)}
    if number in left or other not in left:
        yield "it is still there, or another went with it"


@check("step.erased", "who is erased here is erased there", Level.GOLD, knows_people)
def _erased(run: Run) -> Iterator[str]:
    """After `delete` with how = erase, no value of the person stands in the partner's books."""
    names = [one.name for one in _texts(run)]
    (push, number), (_, other) = _made(run, 2, **dict.fromkeys(names, SECRET))
    gone = replace(push, topic=DELETE, key=f"{push.key}e", partner_id=number, body={"kind": "contact", "how": "erase"})
    outcomes, _ = run.push([gone])
    if [one.state for one in outcomes] != ["sent"]:
        yield f"it is {[one.state for one in outcomes]}"
    books = run.case.sandbox.log.things() if run.case.sandbox is not None else []
    if any(SECRET in body and number in id_ for _, id_, body in books):
        yield "the partner still knows"
    if not any(SECRET in body and other in id_ for _, id_, body in books):
        yield "somebody else went with them"
