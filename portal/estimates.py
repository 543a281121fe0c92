"""A customer's estimates: what the garage would do at which price, and a yes or no to each line; works without script."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for

from hub.core import Hub
from hub.errors import WrongInput
from hub.flow import approvals, guests
from hub.flow.approvals import Answered, Changed, Said
from hub.web.webhooks import this_hub
from portal.guard import CUSTOMER, actor, opens_to
from portal.me import me
from portal.pages import page
from portal.quotes import quote_of, quotes

bp = Blueprint("estimates", __name__, url_prefix="/my/estimates")
LINE = "line-"  # a field of the form: line-1, line-2 ...


@bp.get("/")
@opens_to(CUSTOMER)
def overview() -> Response:
    hub = this_hub()
    with hub.look() as session:
        who = me(hub, session)
        found = quotes(hub, session, who)
    return page("my/estimates.html", me=who, quotes=found)


@bp.get("/<ref>")
@opens_to(CUSTOMER)
def one(ref: str) -> Response:
    return show(this_hub(), ref)


@bp.post("/<ref>")
@opens_to(CUSTOMER)
def answer(ref: str) -> Response:
    """All lines at once. What changed or was answered meanwhile is not answered: how it stands by now is shown."""
    hub, lines = this_hub(), _lines()
    try:
        with hub.begin() as work:
            said = Said(me(hub, work.session).ref, ref, request.form.get("seen", ""), lines)
            approvals.answer(hub, work, actor(), said)
    except (Changed, Answered) as error:
        return show(hub, ref, error.status, wrong=error)
    except WrongInput as error:
        if error.status != WrongInput.status:
            raise
        return show(hub, ref, error.status, wrong=error, chosen=lines)
    return make_response(redirect(url_for("portal.estimates.one", ref=ref, done="answered"), 303))


def _lines() -> dict[int, str]:
    """What was chosen; a field with another name is none of ours."""
    found = ((name.removeprefix(LINE), value) for name, value in request.form.items() if name.startswith(LINE))
    return {int(number): value for number, value in found if number.isascii() and number.isdigit()}


def show(hub: Hub, ref: str, status: int = 200, **more: Any) -> Response:
    """wrong: why the answer was not taken; chosen: what it was. given: the address for a guest; unsent: why there is none."""
    with hub.look() as session:
        who = me(hub, session)
        quote = quote_of(hub, session, who, ref)
        links = guests.links_of(session, who.customer_id, ref)
    done = request.method == "GET" and request.args.get("done") == "answered" and quote.state == "answered"
    given = {"wrong": None, "chosen": {}, "given": None, "unsent": None, **more}
    hours = [int(one / timedelta(hours=1)) for one in guests.LASTS]
    return page(
        "my/estimate.html", status, me=who, quote=quote, links=links, hours=hours, now=hub.clock(), done=done, **given
    )
