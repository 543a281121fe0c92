"""A customer's privacy page: what they allow, what we hold and why, who looked, and every right by one button."""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from compliance import cases, consents, erasure, holding, requests, takeaway
from compliance.coming import Came
from compliance.disclosure import disclose
from compliance.keeping import read_keeping
from compliance.papers import files_of
from compliance.requests import Wish
from compliance.rights import CORRECTABLE, subject_of
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import documents, writing
from hub.sdk import CustomerKey, CustomerRecord
from hub.web.webhooks import this_hub
from hub.work import Work
from portal import guard, papers, signals
from portal.guard import CUSTOMER, needs_proof, opens_to
from portal.languages import OFFERED
from portal.me import Me, me
from portal.pages import page, tongue

bp = Blueprint("privacy", __name__, url_prefix="/my/privacy")
ACTOR = "portal"
DEEDS = 12  # latest ones of which the page tells
DONE = ("given", "mailed", "stopped", "asked", "withdrawn", "language", "signal")


@bp.get("/")
@opens_to(CUSTOMER)
def overview() -> Response:
    """Looking heeds the browser's signal, where it sends one."""
    hub = this_hub()
    ended = signals.heed(hub)
    with hub.look() as session:
        who = me(hub, session)
        seen = _seen(hub, session, who)
    done = "signal" if ended else request.args.get("done", "")
    return page("my/privacy.html", me=who, done=done if done in DONE else "", fresh=_is_fresh(hub),
                offline_days=round(hub.settings.offline.days),
                signal=signals.is_sent(), offered_words=OFFERED, correctable=CORRECTABLE, **seen)  # fmt: skip


def _seen(hub: Hub, session: Session, who: Me) -> dict[str, Any]:
    mine = cases.all_of(session, hub.clock().date(), who.person_id)
    keeping = read_keeping(hub.settings.config)
    rows = list(session.scalars(documents.of_customer(who.customer_id)))
    titles = documents.titles(hub, session, who.customer_id, rows, who.key)
    partners, names = holding.partners_of(session, who.person_id)
    return {
        "choices": consents.choices(hub, session, who.person_id),
        "cases": mine,
        "texts": {one.ref: cases.answer_of(hub.vault, who.key, one) for one in mine},
        "held": holding.held(session, who.person_id, who.customer_id),
        "days": lambda one: keeping.longest(one.retentions, who.jurisdiction),
        "partners": partners,
        "deeds": holding.deeds(session, who.person_id, who.customer_id, DEEDS, names),
        "looks": papers.looks(hub, session, who, rows),
        "named": {one.ref: titles.get(one.id, "") for one in rows},
        "language": who.language or "en",
        "bound": {(one.kind, one.scope) for one in mine if one.binds},
        "waiting": {one.kind for one in mine if one.is_open},
    }


# --- consent


@bp.post("/choice")
@opens_to(CUSTOMER)
def choose() -> Response:
    """One button either way: to stop takes no more than to allow."""
    hub, form = this_hub(), request.form
    purpose, channel, language = form.get("purpose", ""), form.get("channel", ""), tongue().code
    with hub.begin() as work:
        who = _locked(work)
        if form.get("say") == "yes":
            given = consents.give(hub, work, who, purpose, channel, language, ACTOR)
            return _back("mailed" if given == "asked" else "given")
        consents.withdraw(hub, work, who, purpose, channel, language, ACTOR)
    return _back("stopped")


@bp.get("/receipts/<int:consent>")
@opens_to(CUSTOMER)
def receipt(consent: int) -> Response:
    hub = this_hub()
    with hub.look() as session:
        found = consents.receipt(hub, session, me(hub, session).person_id, consent)
    response = make_response(json.dumps(found, ensure_ascii=False, indent=1))
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{found["record_id"]}.json"'
    response.mimetype = "application/json"
    return response


@bp.get("/confirm/<ref>")
@opens_to()
def offer(ref: str) -> Response:
    """The link of a mail: looking changes nothing, as scanners of mails follow links; the button does."""
    return page("confirm.html", done="done" in request.args, ref=ref)


@bp.post("/confirm/<ref>")
@opens_to()
def confirm(ref: str) -> Response:
    if not consents.confirm(this_hub(), ref):
        raise NotFound("This link was used already, or has ended.", "Ask for it again on your privacy page.")
    return make_response(redirect(url_for("portal.privacy.offer", ref=ref, done=1), 303))


# --- rights


@bp.post("/ask/<kind>")
@opens_to(CUSTOMER)
def ask(kind: str) -> Response:
    """The session shows who asks."""
    hub, form = this_hub(), request.form
    with hub.look() as session:
        who = me(hub, session)
    wish = {name: form[name].strip() for name in CORRECTABLE if form.get(name, "").strip()}
    if kind == "review":
        wish = {"text": form.get("text", "").strip()}
    ref = requests.intake(hub, Wish(who.ref, kind, Came("portal"), form.get("scope", ""), wish), ACTOR)
    _vouch(lambda: requests.verify(hub, ref, ACTOR, "session"))
    return _back("asked")


@bp.post("/forget")
@opens_to(CUSTOMER)
@needs_proof
def forget() -> Response:
    hub = this_hub()
    with hub.look() as session:
        who = me(hub, session)
    ref = erasure.intake(hub, who.ref, ACTOR, Came("portal"))
    _vouch(lambda: erasure.verify(hub, ref, ACTOR, "session"))
    return _forgotten_here(_back("asked"))


@bp.get("/prove")
@opens_to(CUSTOMER)
@needs_proof
def prove() -> Response:
    """Where one proves who one is before everything is handed over, or ends; then back."""
    return make_response(redirect(url_for("portal.privacy.overview") + "#take", 303))


def _vouch(verify: Callable[[], None]) -> None:
    """Asked twice, it was vouched for the first time."""
    try:
        verify()
    except WrongInput:
        return


@bp.post("/withdraw/<ref>")
@opens_to(CUSTOMER)
def withdraw(ref: str) -> Response:
    hub = this_hub()
    with hub.look() as session:
        who = me(hub, session)
        mine = {one.ref: one for one in cases.all_of(session, hub.clock().date(), who.person_id)}
    if ref not in mine or mine[ref].kind == "erasure":
        raise NotFound("There is no such request.")
    if mine[ref].binds:
        requests.lift(hub, ref, ACTOR)
    else:
        requests.withdraw(hub, ref, ACTOR)
    return _back("withdrawn")


@bp.post("/download")
@opens_to(CUSTOMER)
@needs_proof
def download() -> Response:
    """Everything, with the files, as it is written: it never lies anywhere in the open."""
    hub = this_hub()
    with hub.look() as session:
        who = me(hub, session)
    found = disclose(hub, who.ref, ACTOR)
    portable = request.form.get("portable") == "1"
    response = Response(takeaway.stream(found, files_of(hub, who.ref), portable=portable), mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    return response


@bp.post("/language")
@opens_to(CUSTOMER)
def speak() -> Response:
    """The language in which we write and call."""
    hub, language = this_hub(), request.form.get("language", "")
    if language not in OFFERED:
        raise WrongInput("We do not speak this language yet.")
    with hub.begin() as work:
        who = _locked(work)
        key = CustomerKey(partner_id=who.customer.ref, ref=who.customer.ref)
        writing.write(hub, work, [CustomerRecord(customer=key, language=language, at=work.now)])
    return _back("language")


def _forgotten_here(response: Response) -> Response:
    """What this browser keeps for when the line is lost goes at once, and is not filled again."""
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _is_fresh(hub: Hub) -> bool:
    person = guard.who()
    return person is not None and person.is_fresh(hub.clock())


def _locked(work: Work) -> Any:
    person = guard.who()
    found = subject_of(work, person_id=person.person_id) if person and person.person_id else None
    if found is None:
        raise NotFound("There is no customer behind this session.", "Sign out and come in by a new link.")
    return found


def _back(done: str) -> Response:
    return make_response(redirect(url_for("portal.privacy.overview", done=done) + "#done", 303))
