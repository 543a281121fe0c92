"""The desk of models: what is in force, how good it was proved to be, what challenges it, and what is wrong; promoted or taken back
with a reason."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from markupsafe import Markup, escape

from compliance import unlearning
from hub.errors import NotFound, WrongInput
from hub.flow import checkups, scores
from hub.flow.checkups import Checked, OnShelf
from hub.web.webhooks import this_hub
from hub.wording import wording
from portal import guard
from portal.desks import MARKETERS
from portal.guard import opens_to
from portal.pages import page, tongue

bp = Blueprint("models", __name__, url_prefix="/desk/models")
REASONS = ("better", "worse", "moved", "mistake")  # chosen, not typed: a free text would sooner or later name somebody
LESS_IS_BETTER = frozenset({"brier", "ece"})
FIRST = ("auc", "ap", "lift", "brier", "ece")  # figures of the overview, where a scorer tells them
STYLE, TITLE, TEXT = (
    re.compile(rf"<{tag}\b[^>]*>(.*?)</{tag}>", re.DOTALL) for tag in ("style", "(?:title|desc)", "text")
)
LABELLED = re.compile(r'\s(aria-labelledby|role)="[^"]*"')


@dataclass(frozen=True)
class Figure:
    """One measure with its 95 % interval, where one was drawn."""

    name: str
    value: float
    low: float | None
    high: float | None

    @property
    def less_is_better(self) -> bool:
        return self.name in LESS_IS_BETTER


@bp.get("/")
@opens_to(*MARKETERS)
def shelf() -> Response:
    """going: those that learned from somebody who was forgotten since, by scorer and version."""
    found = checkups.checked(this_hub())
    going = {(one.scorer, one.version): one for one in unlearning.flagged(this_hub())}
    done = request.args.get("done", "")
    return page("models.html", shelf=found, going=going, figures=figures, words=wording(tongue().code), first=FIRST,
                done=done if done in ("promoted", "rolled_back") else "", reasons=REASONS)  # fmt: skip


@bp.get("/<scorer>/<version>")
@opens_to(*MARKETERS)
def one(scorer: str, version: str) -> Response:
    hub = this_hub()
    found, model = _found(scorer, version)
    drawn = _drawn(scores.shelf_of(hub).picture(scorer, version), model.card)
    return page("model.html", checked=found, model=model, card=model.card, figures=figures, drawn=drawn,
                words=wording(tongue().code), reasons=REASONS)  # fmt: skip


@bp.post("/<scorer>/promote")
@opens_to(*MARKETERS)
def promote(scorer: str) -> Response:
    version = request.form.get("version", "")
    found, _ = _found(scorer, version)
    if found.champion and found.champion.version == version:
        raise WrongInput("This model is in force already.")
    scores.promote(this_hub(), scorer, version, guard.principal(), _reason())
    return make_response(redirect(url_for("portal.models.shelf", done="promoted"), 303))


@bp.post("/<scorer>/rollback")
@opens_to(*MARKETERS)
def rollback(scorer: str) -> Response:
    """version: which one was seen in force, so that two who press at once go one step back and not two."""
    found, _ = _found(scorer, request.form.get("version", ""))
    if found.champion is None or found.champion.version != request.form.get("version"):
        raise WrongInput("Another model is in force by now.", "Look at the page again, then decide.")
    scores.rollback(this_hub(), scorer, guard.principal(), _reason())
    return make_response(redirect(url_for("portal.models.shelf", done="rolled_back"), 303))


def _reason() -> str:
    reason = request.form.get("reason", "")
    if reason not in REASONS:
        raise WrongInput("Please say why.", "Choose one of the reasons.")
    return reason


def _found(scorer: str, version: str) -> tuple[Checked, OnShelf]:
    for checked in checkups.checked(this_hub()):
        for model in checked.models:
            if (checked.scorer, model.version) == (scorer, version):
                return checked, model
    raise NotFound("There is no such model.", "Those of this region stand on the shelf.")


def figures(card: Mapping[str, Any], names: Sequence[str] = ()) -> list[Figure]:
    """Of a card's metrics those with a number; names: only these, in this order."""
    told = card["metrics"]
    wanted = [name for name in (names or told) if isinstance(told.get(name), int | float)]
    bands = {name: told.get(f"{name}_interval") or (None, None) for name in wanted}
    return [Figure(name, told[name], *bands[name]) for name in wanted]


def _drawn(picture: str, card: Mapping[str, Any]) -> Markup:
    """The scorer's own picture in the colours of the page: its sheet is taken out, as the page allows none in line, and its
    words are ours where we know them."""
    if not picture.lstrip().startswith("<svg"):
        return Markup("")
    say = tongue().say
    known = {
        "promised": say("promised"), "came true": say("came true"), "share of the list": say("share of the list"),
        "of those concerned": say("of those concerned"),
    }  # fmt: skip
    body = LABELLED.sub("", TITLE.sub("", STYLE.sub("", picture)), count=2)
    body = TEXT.sub(lambda found: found[0].replace(f">{found[1]}<", f">{known.get(found[1], found[1])}<"), body)
    ece = card["metrics"].get("ece")
    words = say("What was promised beside what came true, and how much of it the first of a list hold.")
    if isinstance(ece, int | float):
        words = words + " " + say("On average they differ by %(points)s.", points=tongue().percent(ece))
    opening = f'<svg class="judged" role="img" direction="ltr" aria-label="{escape(words)}"'
    return Markup(body.replace("<svg", opening, 1))  # noqa: S704 - a scorer's picture runs nothing: hub.sdk.testing proves it
