"""The blueprint that holds all pages, and how one is rendered: language, theme, headers, and errors in plain words."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, current_app, g, make_response, render_template, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from compliance import strangers
from hub.access.provider import Provider, open_provider
from hub.app import STREAMS
from hub.core import Hub
from hub.errors import Denied, HubError, PartDown, ProofNeeded, SignInNeeded
from hub.web.errors import problem
from hub.web.webhooks import this_hub
from portal import guard
from portal.calendars import GREGORIAN, LATIN, OTHER
from portal.chain import Chain, read_chain
from portal.desks import desks_of
from portal.headers import harden, nonce
from portal.icons import icon, sprite
from portal.languages import OFFERED, Languages, Tongue, ltr
from portal.limits import Attempts, attempts
from portal.listening import Listening
from portal.places import PLACES
from portal.static_files import serve_static

log = logging.getLogger(__name__)
YEAR = 31_536_000
THEMES = ("light", "dark", "system")
CALENDARS = (GREGORIAN, *(calendar for calendar, _ in OTHER.values()))
SCRIPTS = (LATIN, *(digits for _, digits in OTHER.values()))
CHOICES: Mapping[str, tuple[str, ...]] = {
    "lang": tuple(OFFERED), "theme": THEMES, "calendar": CALENDARS, "digits": SCRIPTS,
}  # fmt: skip


@dataclass(frozen=True)
class Portal:
    """What the pages of one application share. attempts: to sign in, by address on the network. letters: to be sent by mail, by
    mail address. newcomers: to ask from another site for the first time, questions: to write there, both by address on the network.
    streams, lines: seats for what lasts; a line takes a thread, too, where no loop holds it. listening: who has a
    conversation open. provider: by which staff come in, or None. strangers_kept: days after the last
    word, 0 where no file says. wait: how a stream passes the time between two looks."""

    languages: Languages
    attempts: Attempts
    letters: Attempts
    streams: threading.BoundedSemaphore
    lines: threading.BoundedSemaphore
    listening: Listening
    chain: Chain
    provider: Provider | None = None
    wait: Callable[[float], None] = time.sleep
    newcomers: Attempts = field(kw_only=True)
    questions: Attempts = field(kw_only=True)
    strangers_kept: int = field(default=0, kw_only=True)


def new_portal(hub: Hub) -> Blueprint:
    portal = Blueprint("portal", __name__, template_folder="templates")
    serve_static(portal)
    portal.record(lambda state: state.app.extensions.update(portal=shared_of(hub, state.app.config)))
    portal.before_request(guard.check)
    portal.after_request(_remember_choices)
    portal.after_request(harden)
    portal.register_error_handler(HubError, _hub_error)
    portal.register_error_handler(HTTPException, _http_error)
    portal.register_error_handler(OperationalError, _database_down)
    portal.register_error_handler(Exception, _defect)
    portal.record(_greet_the_lost)
    return portal


def shared_of(hub: Hub, config: Mapping[str, Any]) -> Portal:
    return shared_at(hub, config["STREAMS"], config["LINES"])


def shared_at(hub: Hub, streams: int = STREAMS, lines: int = 0) -> Portal:
    """lines: seats for those that hold no thread; 0: each takes one of a stream's. Raises ConfigError when the chain's file is
    wrong, or a secret is missing."""
    seats = threading.BoundedSemaphore(streams)
    return Portal(
        Languages(hub.here.zone),
        attempts(hub, "sign_in"),
        attempts(hub, "letters", most=3),
        seats,
        threading.BoundedSemaphore(lines) if lines else seats,
        Listening(hub),
        read_chain(hub.settings.config),
        open_provider(hub.settings, hub.here, hub.clock),
        newcomers=attempts(hub, "newcomers", most=5),
        questions=attempts(hub, "questions", most=30),
        strangers_kept=strangers.days_kept(hub),
    )


def this_portal() -> Portal:
    portal: Portal = current_app.extensions["portal"]
    return portal


def tongue() -> Tongue:
    """The reader's language: chosen by hand (now or before), else what the browser asks for."""
    if "tongue" not in g:
        wishes = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())  # the dearest first
        accepted = next((code for code in wishes if code in OFFERED), None)
        chosen = this_portal().languages.choose(_chosen("lang"), accepted)
        g.tongue = chosen.by(_chosen("calendar"), _chosen("digits"))
    found: Tongue = g.tongue
    return found


def _chosen(name: str) -> str | None:
    given = request.args.get(name)
    return given if given in CHOICES[name] else guard.cookie(name) or None


def _remember_choices(response: Response) -> Response:
    for name, known in CHOICES.items():
        given = request.args.get(name)
        if given in known:
            guard.give_cookie(response, name, given, YEAR)
    return response


def page(template: str, status: int = 200, **values: Any) -> Response:
    return make_response(fill(template, **values), status)


def fill(template: str, **values: Any) -> str:
    """A page or a part of one, as text."""
    words = tongue()
    theme = _chosen("theme")
    person = guard.who()
    return render_template(
        f"portal/{template}",
        _=words.say,
        n_=words.count,
        tongue=words,
        offered=OFFERED,
        theme=theme if theme in THEMES else "system",
        region=this_hub().region_code,
        zone=this_hub().here.zone,
        who=person,
        desks=desks_of(person.roles) if person else (),
        places=PLACES,
        chain=this_portal().chain,
        provider=this_portal().provider,
        form_token=guard.form_token,
        ltr=ltr,
        icon=icon,
        sprite=sprite,
        nonce=nonce,
        **values,
    )


# --- when something is wrong ----------------------------------------------------------------------------------------


def _hub_error(error: HubError) -> Response:
    if isinstance(error, Denied):
        log.info("turned away", extra={"endpoint": request.endpoint, "reason": type(error).__name__})
    if isinstance(error, SignInNeeded):
        wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
        return page("sign_in.html", error.status, asked=True, again=isinstance(error, ProofNeeded), to=wanted)
    response = page("problem.html", error.status, what=tongue().plain(error.what), hint=tongue().plain(error.hint))
    if isinstance(error, PartDown):
        response.headers["Retry-After"] = "5"
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    return page("problem.html", status, what=tongue().plain("This does not work."), hint=HTTPStatus(status).phrase)


def _database_down(_error: OperationalError) -> Response:
    return _hub_error(PartDown("The database does not answer.", "Nothing is lost. Try again in a moment."))


def _defect(error: Exception) -> Response:
    """Never the message of an unexpected error: it may carry a value."""
    if current_app.testing:
        raise error
    log.error("page failed", extra={"endpoint": request.endpoint, "reason": type(error).__name__})
    return page("problem.html", 500, what=tongue().plain("Something broke on our side."), hint="")


def _greet_the_lost(state: BlueprintSetupState) -> None:
    """An address that nobody serves: a page for a person, a problem for a program."""

    def lost(error: HTTPException) -> Response:
        if request.accept_mimetypes.best_match(["application/json", "text/html"]) != "text/html":
            return problem(404, "not_found", error.description or "")
        return harden(page("problem.html", 404, what=tongue().plain("There is no such page."), hint=""))

    state.app.register_error_handler(404, lost)
