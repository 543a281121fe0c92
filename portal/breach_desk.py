"""The register of breaches on the privacy desk: each with the clock of every law it concerns, and its next steps."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, redirect, request, url_for

from compliance import breaches
from compliance.breaches import KINDS, RISKS, SOURCES, Noticed
from hub import spreadsheet
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.own import OWN
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import PRIVACY
from portal.guard import opens_to
from portal.pages import page
from portal.tables import download

bp = Blueprint("breach_desk", __name__, url_prefix="/desk/privacy/breaches")


@bp.get("/")
@opens_to(*PRIVACY)
def register() -> Response:
    hub = this_hub()
    now = hub.clock()
    with hub.look() as session:
        found = breaches.all_of(hub, session, now)
    partners = sorted(name for name in hub.partners if name != OWN)
    zone = ZoneInfo(hub.here.zone)
    return page(
        "privacy/breaches.html", found=found, kinds=KINDS, risks=RISKS, sources=SOURCES, partners=partners, place=hub.here.zone,
        today=f"{now.astimezone(zone):%Y-%m-%dT%H:%M}", done=request.args.get("done", ""),
    )  # fmt: skip


@bp.post("/")
@opens_to(*PRIVACY)
def note() -> Response:
    """Times are those of the region's own clock on the wall."""
    hub, form = this_hub(), request.form
    began, ended, noticed = (_moment(hub, form.get(name, "")) for name in ("began", "ended", "noticed"))
    told = Noticed(form.get("kind", ""), form.get("summary", ""), began, ended, noticed, form.get("risk", ""))
    breaches.note(hub, told, guard.principal())
    return _back("noted")


Deed = Callable[[Hub, str, Mapping[str, str]], object]
DEEDS: Mapping[str, Deed] = {
    "assess": lambda hub, ref, form: breaches.assess(
        hub, ref, form.get("source", ""), form.get("name", "").strip(), form.get("risk", ""), guard.principal()
    ),
    "tell": lambda hub, ref, form: breaches.tell(
        hub, ref, form.get("law", ""), form.get("whom", ""), guard.principal()
    ),
    "close": lambda hub, ref, form: breaches.close(hub, ref, form.get("measures", ""), guard.principal()),
}


@bp.post("/<ref>/<deed>")
@opens_to(*PRIVACY)
def do(ref: str, deed: str) -> Response:
    if deed not in DEEDS:
        raise NotFound("There is no such page.")
    DEEDS[deed](this_hub(), ref, request.form)
    return _back(deed)


@bp.get("/<ref>/people.csv")
@opens_to(*PRIVACY)
def people(ref: str) -> Response:
    """References only: whoever writes to them opens each by its own right."""
    with this_hub().look() as session:
        rows = breaches.people_of(session, ref)
    return download(f"breach-{ref[:8]}", spreadsheet.lines([("person", "law"), *rows]))


def _moment(hub: Hub, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(hub.here.zone))
    except ValueError:
        raise WrongInput("Please give a day and a time.") from None


def _back(done: str) -> Response:
    return make_response(redirect(url_for("portal.breach_desk.register", done=done), 303))
