"""The desk of messages: what died, was set apart or waits; looked at one by one, set going again or given up, one or all."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as but

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, Unreadable
from hub.flow import pending
from hub.flow.letters import REASONS
from hub.flow.paging import EPOCH, Mark, mark_of
from hub.flow.pending import STATES, Asked, Pending
from hub.flow.sightings import note_seen
from hub.models import DeadLetter, Delivery, Message
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import ADMINS, OPERATORS
from portal.feed import REF
from portal.guard import opens_to
from portal.masks import Value, told, values_of
from portal.pages import page
from portal.tables import table

bp = Blueprint("messages", __name__, url_prefix="/desk/messages")
CODES = ("refused", "gone", "wrong_input", "config_error", "not_json", "unreadable", "unstorable", "defect")
DONE = ("replayed", "discarded")
COLUMNS = ("id", "connection", "way", "kind", "topic", "why", "at", "due", "tries")


@dataclass(frozen=True)
class Opened:
    """One row with what it holds. customer: the ref of whom a message is about. readable: False once its key is gone.
    is_open: something can still be done about it."""

    row: Pending
    is_open: bool
    values: Sequence[Value]
    template: str
    customer: str
    readable: bool


@bp.get("/")
@opens_to(*OPERATORS)
def queue() -> Response:
    """Filtered by the address: state, connection, kind; after: where the page before ended."""
    hub, args = this_hub(), request.args
    names, asked = _names(hub), _asked(hub, args.get("state", ""), args.get("connection", ""), args.get("kind", ""))
    with hub.look() as session:
        counts = pending.counts(session, list(names))
        found = pending.read(session, asked, mark_of(args.get("after", "")))
    return page(
        "messages.html", found=found, asked=asked, names=names, counts=counts, capped=pending.CAPPED, states=STATES,
        chosen=names[asked.connections[0]] if len(asked.connections) == 1 and args.get("connection") else "",
        kinds=_kinds(hub, asked.state), reasons=REASONS, upto=Mark(hub.clock(), 0), first_page=not args.get("after"),
        done=args.get("done", "") if args.get("done") in DONE else "", done_count=_number(args.get("count", "")),
    )  # fmt: skip


@bp.get("/list.csv")
@opens_to(*OPERATORS)
def queue_table() -> Response:
    """All that the page's filter leaves, streamed."""
    hub, args = this_hub(), request.args
    names, asked = _names(hub), _asked(hub, args.get("state", ""), args.get("connection", ""), args.get("kind", ""))

    def read(session: Session, place: Mark | None, most: int) -> list[tuple[Mark, tuple[object, ...]]]:
        rows = pending.read(session, asked, place, most).rows
        return [
            (Mark(row.at if asked.state == "dead" else row.due, row.id),
             (row.id, names[row.connection_id], "in" if row.incoming else "out", row.kind, row.topic, row.why, row.at, row.due, row.tries))
            for row in rows
        ]  # fmt: skip

    return table(hub, f"messages-{asked.state}", COLUMNS, read)


@bp.get("/<state>/<int:number>")
@opens_to(*OPERATORS)
def one(state: str, number: int) -> Response:
    """With the values masked; that somebody looked is written down."""
    hub = this_hub()
    with hub.look() as session:
        found = _opened(hub, session, state, number, opened=False)
    note_seen(hub, guard.principal(), [number], "messages", about=pending.ABOUT[state])
    return _one(hub, state, found, opened=False)


@bp.post("/<state>/<int:number>/open")
@opens_to(*ADMINS)
def unmask(state: str, number: int) -> Response:
    """The values as they came. Written down each time, before they are shown."""
    hub = this_hub()
    with hub.begin() as work:
        found = _opened(hub, work.session, state, number, opened=True)
        work.audit(guard.principal(), "payload_opened", pending.ABOUT[state], number)
    return _one(hub, state, found, opened=True)


def _one(hub: Hub, state: str, found: Opened, opened: bool) -> Response:
    return page("message.html", found=found, state=state, opened=opened, reasons=REASONS, names=_names(hub),
                may_open=guard.holds(*ADMINS), now=hub.clock())  # fmt: skip


@bp.post("/replay")
@opens_to(*OPERATORS)
def replay() -> Response:
    """One (`only`), or all of a filter that were there when the page was drawn: in one transaction, all or none."""
    hub = this_hub()
    asked = _asked_by_form(hub)
    with hub.begin() as work:
        count = pending.replay(hub, work, asked, guard.principal())
    return _back(hub, asked, "replayed", count)


@bp.post("/discard")
@opens_to(*OPERATORS)
def discard() -> Response:
    hub = this_hub()
    asked = _asked_by_form(hub)
    with hub.begin() as work:
        count = pending.discard(work, asked, request.form.get("reason", ""), guard.principal())
    return _back(hub, asked, "discarded", count)


def _back(hub: Hub, asked: Asked, done: str, count: int) -> Response:
    """To the list that the reader came from."""
    name = request.form.get("connection", "")
    place = url_for("portal.messages.queue", state=asked.state, connection=name if name in hub.partners else None,
                    kind=asked.kind or None, done=done, count=count)  # fmt: skip
    return make_response(redirect(place, 303))


# --- what is asked for


def _asked(hub: Hub, state: str, connection: str, kind: str) -> Asked:
    """An unknown word of an address filters nothing: old links go on working."""
    known = state if state in STATES else STATES[0]
    partner = hub.partners.get(connection)
    ids = [partner.id] if partner else list(_names(hub))
    return Asked(known, ids, kind if kind in _kinds(hub, known) else "")


def _asked_by_form(hub: Hub) -> Asked:
    """Of a deed each word must be known: what is not understood must not become all there is. Raises NotFound."""
    form = request.form
    state, connection, kind, only = (form.get(name, "") for name in ("state", "connection", "kind", "only"))
    kinds, until = ("", *_kinds(hub, state)), mark_of(form.get("upto", ""))
    if state not in STATES or kind not in kinds or (connection and connection not in hub.partners):
        raise NotFound("There is no such list.", "Open the page again. Nothing was changed.")
    asked = _asked(hub, state, connection, kind)
    return but(asked, only=_number(only)) if only else but(asked, upto=until.at if until else EPOCH)


def _names(hub: Hub) -> dict[int, str]:
    return {partner.id: partner.name for partner in hub.partners.values()}


def _kinds(hub: Hub, state: str) -> Sequence[str]:
    if state == "dead":
        return CODES
    topics = {topic.name for partner in hub.partners.values() for topic in partner.connector.topics}
    return sorted(topics) if state == "waiting" else ()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


# --- one of them


def _opened(hub: Hub, session: Session, state: str, number: int, opened: bool) -> Opened:
    """Raises NotFound."""
    if state not in STATES or number >= 2**63:
        raise NotFound("There is no such page.")
    letter = session.get(DeadLetter, number) if state == "dead" else None
    delivery = session.get(Delivery, _of(letter.delivery_id if letter else None, state == "quarantined", number))
    message = session.get(Message, _of(letter.message_id if letter else None, state == "waiting", number))
    about = delivery or message
    if about is None:
        raise NotFound("There is no such message.", "Perhaps it was kept for its time, and is gone.")
    row = Pending(
        number, about.connection_id, delivery is not None, letter.code if letter else "", message.topic if message else "",
        letter.reason if letter else about.reason, message.why if message else "",
        letter.died_at if letter else delivery.received_at if delivery else message.made_at if message else hub.clock(),
        about.not_before, about.attempts,
    )  # fmt: skip
    is_open = letter.closed_at is None if letter else about.state == state
    if message is not None:
        customer = message.entity if REF.fullmatch(message.entity) else ""
        return Opened(row, is_open, told(message.refs), message.template or "", customer, readable=True)
    values = _payload(hub, session, delivery, opened) if delivery else None
    return Opened(row, is_open, values or (), "", "", readable=values is not None)


def _of(behind: int | None, itself: bool, number: int) -> int:
    """The row that a letter is about, or the one that was named."""
    return behind or (number if itself else 0)


def _payload(hub: Hub, session: Session, delivery: Delivery, opened: bool) -> list[Value] | None:
    if delivery.payload is None or delivery.data_key_id is None:
        return None
    try:
        key = hub.vault.open_key(session, delivery.data_key_id)
        return values_of(hub.vault.unseal(key, delivery.payload, f"delivery:{delivery.id}"), opened)
    except Unreadable:
        return None
