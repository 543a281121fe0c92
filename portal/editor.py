"""Documents written at the desk: checked with the place of each mistake, planned before anything happens, put in force as a job, and
never over what somebody else wrote meanwhile."""

import re

from flask import Blueprint, Response, make_response, redirect, request, url_for

from hub.actors import titles_of
from hub.errors import NotFound, WrongInput
from hub.flow import proposals, written
from hub.flow.proposals import FATES, Wish
from hub.flow.sightings import note_seen
from hub.proof import prove_journey
from hub.web.webhooks import this_hub
from portal import guard
from portal.completion import words_of
from portal.configured import compared, history
from portal.connections import partners_of
from portal.desks import ADMINS, MARKETERS
from portal.edited import Effect, begun, effect_of, met, placed, writable
from portal.guard import opens_to
from portal.pages import page
from rules import RuleError
from rules.journeys.documents import JourneyRule

bp = Blueprint("editor", __name__, url_prefix="/desk/editor")
WAITS = 2  # seconds after which a page that watches a job looks again by itself


@bp.get("/<kind>/<name>")
@opens_to(*MARKETERS)
def edit(kind: str, name: str) -> Response:
    """version: the hash of one that was in force, to begin from; what stands now is compared with all the same."""
    writable(kind, name)
    hub, version = this_hub(), request.args.get("version", "")
    base = written.standing(hub, kind, name)
    text = begun(hub, kind, name)
    if version:
        with hub.look() as session:
            former = [one.text for one in history(hub, session, kind, name) if one.hash == version]
        text = former[0] if former else text
    return _editor(kind, name, base, text)


@bp.post("/<kind>/<name>")
@opens_to(*MARKETERS)
def look(kind: str, name: str) -> Response:
    """Checked and planned; nothing is written. A document that somebody else changed meanwhile is shown three ways first."""
    writable(kind, name)
    wish = _wish(kind, name)
    return _met(wish) or _planned(wish, opened=request.form.get("opened") == "1" and guard.holds(*ADMINS))


@bp.get("/<kind>/<name>/plan")
@opens_to(*MARKETERS)
def plan(kind: str, name: str) -> Response:
    """Of the file as it stands: somebody wrote it, and it is not in force yet."""
    writable(kind, name)
    text = written.standing(this_hub(), kind, name)
    if not text:
        raise NotFound("There is no such document.", "Those of this region stand in the list.")
    return _planned(Wish(kind, name, text, text))


def _planned(wish: Wish, *, opened: bool = False) -> Response:
    hub = this_hub()
    try:
        rule = written.rule_of(hub, wish.kind, wish.name, wish.text)
    except RuleError as error:
        return _editor(wish.kind, wish.name, wish.base, wish.text, status=422, problems=error)
    effect = effect_of(hub, wish, rule, opened=opened)
    _note(effect, opened=opened)
    return page("plan.html", kind=wish.kind, name=wish.name, wish=wish, effect=effect, fates=FATES, opened=opened)


@bp.post("/<kind>/<name>/revise")
@opens_to(*MARKETERS)
def revise(kind: str, name: str) -> Response:
    """Back to writing, with what was written; three ways where somebody else wrote meanwhile."""
    writable(kind, name)
    wish = _wish(kind, name)
    return _met(wish) or _editor(kind, name, wish.base, wish.text)


@bp.post("/<kind>/<name>/proposals")
@opens_to(*MARKETERS)
def propose(kind: str, name: str) -> Response:
    """A journey's texts are tried first on real customers and on the worst of them. Raises WrongInput where one does not stand."""
    writable(kind, name)
    hub, wish = this_hub(), _wish(kind, name)
    try:
        rule = written.rule_of(hub, kind, name, wish.text)
        if isinstance(rule, JourneyRule):
            prove_journey(hub, rule)
        row = proposals.propose(hub, wish, guard.principal(), guard.roles())
    except proposals.Overtaken:
        return look(kind, name)
    except RuleError as error:
        return _editor(kind, name, wish.base, wish.text, status=422, problems=error)
    return _watched(row.id)


@bp.get("/proposals/<int:number>")
@opens_to(*MARKETERS)
def watch(number: int) -> Response:
    """How far it has come; looks again by itself while it is at work."""
    hub = this_hub()
    with hub.look() as session:
        row = proposals.one(session, number)
        writable(row.kind, row.name)
        names = titles_of(session, [row.author, row.second or ""])
    answer = page("proposal.html", row=row, names=names, rows=compared(row.former, row.text),
                  mine=row.author == guard.principal(), overtaken=_overtaken(row.state, row.base, row.kind, row.name))  # fmt: skip
    if row.state in ("waiting", "running"):
        answer.headers["Refresh"] = str(WAITS)
    return answer


@bp.post("/proposals/<int:number>/<deed>")
@opens_to(*MARKETERS)
def settle(number: int, deed: str) -> Response:
    hub = this_hub()
    with hub.look() as session:
        row = proposals.one(session, number)
    writable(row.kind, row.name)
    if deed == "approve":
        proposals.approve(hub, number, guard.principal(), guard.roles())
    elif deed == "withdraw":
        proposals.withdraw(hub, number, guard.principal())
    else:
        raise NotFound("There is no such page.")
    return _watched(number)


def _wish(kind: str, name: str) -> Wish:
    """Lines end as a file's do, whatever a browser sends. Raises WrongInput."""
    form = request.form
    base, text = (re.sub(r"\r\n?", "\n", form.get(field, "")) for field in ("base", "text"))
    fate = form.get("fate", FATES[0])
    if fate not in FATES:
        raise WrongInput("Please choose one from the list.")
    if text and not text.endswith("\n"):
        text += "\n"
    return Wish(kind, name, base, text, fate, form.get("existing") == "1")  # type: ignore[arg-type]  # one of FATES


def _met(wish: Wish) -> Response | None:
    """None where nobody else has written."""
    now = written.standing(this_hub(), wish.kind, wish.name)
    if now in (wish.base, wish.text):
        return None
    both = met(wish.base, wish.text, now)
    return _editor(wish.kind, wish.name, now, both.text, status=409, both=both)


def _editor(kind: str, name: str, base: str, text: str, *, status: int = 200, **more: object) -> Response:
    problems = more.pop("problems", None)
    told = placed(problems.problems) if isinstance(problems, RuleError) else []
    return page("editor.html", status, kind=kind, name=name, base=base, text=text, problems=told,
                words=words_of(this_hub(), kind), **more)  # fmt: skip


def _note(effect: Effect, *, opened: bool) -> None:
    """That a live record was looked at is written down, and whether as it is."""
    hub = this_hub()
    ids = [partner.id for partner in partners_of(hub) if partner.name in {one.connection for one in effect.samples}]
    if ids:
        note_seen(hub, guard.principal(), ids, "mapping", about="connection")
    if ids and opened:
        with hub.begin() as work:
            for one in ids:
                work.audit(guard.principal(), "mapping_opened", "connection", one)


def _overtaken(state: str, base: str, kind: str, name: str) -> bool:
    return state == "refused" and written.mark_of(written.standing(this_hub(), kind, name)) != base


def _watched(number: int) -> Response:
    return make_response(redirect(url_for("portal.editor.watch", number=number), 303))
