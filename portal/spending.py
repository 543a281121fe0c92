"""What campaigns cost, told at the desk of returns: an agency, media, print; listed, corrected and taken back by its key."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from babel import numbers
from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import expenses, reports
from hub.flow.expenses import Expense
from hub.flow.returns import titles_of
from hub.flow.roi import WHOLE
from hub.sdk.row_fields import MOST_MINOR
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import MARKETERS
from portal.guard import opens_to
from portal.pages import page, tongue
from portal.scope import scope_of
from portal.tables import cursor_of, table
from rules.values import decimals, to_minor

bp = Blueprint("spending", __name__, url_prefix="/desk/roi/costs")
SHOWN = 50
COLUMNS = ("key", "campaign", "kind", "amount", "currency", "since", "until")
FIELDS = ("key", "campaign", "kind", "amount", "currency", "since", "until")
VERDICTS = ("told", "corrected", "unchanged", "back")
FIRST_DAY = date(2000, 1, 1)


class Wrong(WrongInput):
    """field: the one that has to be mended."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.field = field


@bp.get("/")
@opens_to(*MARKETERS)
def overview() -> Response:
    _whole()
    return _page(this_hub())


@bp.get("/costs.csv")
@opens_to(*MARKETERS)
def costs_table() -> Response:
    """All that the page's filter finds, in the order in which they were told."""
    _whole()
    campaign = request.args.get("campaign", "")

    def read(session: Session, place: int | None, most: int) -> list[tuple[int, tuple[object, ...]]]:
        return [
            (number, (one.key, one.campaign, one.kind, Decimal(one.amount_minor).scaleb(-decimals(one.currency)),
                      one.currency, one.since, one.until))
            for number, one in expenses.entered(session, campaign, place, most)
        ]  # fmt: skip

    return table(this_hub(), "costs", COLUMNS, read)


@bp.post("/")
@opens_to(*MARKETERS)
def tell() -> Response:
    """What is wrong is said beside its field, and what was typed stays."""
    _whole()
    hub, said = this_hub(), {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        verdict = _told(hub, _read(said))
    except Wrong as wrong:
        return make_response(_page(hub, said, wrong), 422)
    return _back(verdict)


@bp.post("/take-back")
@opens_to(*MARKETERS)
def take_back() -> Response:
    """It counts as nothing from then on; that it was told stays written down."""
    _whole()
    hub = this_hub()
    with hub.look() as session:
        found = expenses.known(session, request.form.get("key", ""))
    if found is None:
        raise NotFound("There is no such cost.")
    _told(hub, replace(found, amount_minor=0))
    return _back("back")


def _whole() -> None:
    """A cost names no branch, so it is told by those who answer for all of them. Raises NotFound."""
    if scope_of(MARKETERS).branches is not None:
        raise NotFound("Costs are told for the whole region.", "Somebody without a branch of their own does that.")


def _read(said: Mapping[str, str]) -> Expense:
    """Raises Wrong."""
    key, currency = said["key"], said["currency"].upper()
    if not 1 <= len(key) <= 80 or not all("!" <= sign <= "~" for sign in key):
        raise Wrong("key", tongue().say("Letters, digits and signs without a blank, at most 80: an invoice’s number."))
    if said["kind"] not in expenses.KINDS:
        raise Wrong("kind", tongue().say("Choose one of the kinds."))
    if not numbers.is_currency(currency):
        raise Wrong("currency", tongue().say("Three letters, such as EUR."))
    since, until = _day(said, "since"), _day(said, "until")
    return Expense(key, said["campaign"], said["kind"], _amount(said["amount"], currency), currency, since, until)


def _amount(text: str, currency: str) -> int:
    """As the page's language writes amounts. Raises Wrong."""
    try:
        minor = to_minor(str(numbers.parse_decimal(text, tongue().locale, strict=True)), currency)
    except numbers.NumberFormatError:
        minor = None
    if minor is None or not 0 <= minor <= MOST_MINOR:
        example = tongue().number(1234.5)
        raise Wrong("amount", tongue().say("An amount without tax, such as %(example)s.", example=example))
    return minor


def _day(said: Mapping[str, str], field: str) -> date:
    try:
        day = date.fromisoformat(said[field])
    except ValueError:
        day = date.min
    if day < FIRST_DAY:
        raise Wrong(field, tongue().say("A day of this century."))
    return day


def _told(hub: Hub, one: Expense) -> str:
    """Raises Wrong."""
    with hub.begin() as work:
        [verdict] = expenses.tell(work, [one], guard.principal())
    if verdict["verdict"] != "refused":
        return str(verdict["verdict"])
    if verdict["reason"].startswith("there is no campaign"):
        raise Wrong("campaign", tongue().say("There is no such campaign. Choose one of the list."))
    raise Wrong("until", tongue().say("The last day is not before the first, and at most ten years behind it."))


def _page(hub: Hub, said: Mapping[str, str] | None = None, wrong: Wrong | None = None) -> Response:
    campaign, before = request.args.get("campaign", ""), cursor_of(request.args.get("before", ""))
    with hub.look() as session:
        found = expenses.entered(session, campaign, before, SHOWN + 1)
    done = request.args.get("done", "")
    campaigns, currency = _choices(hub)
    return page(
        "costs.html", found=[one for _, one in found[:SHOWN]], more=found[SHOWN - 1][0] if len(found) > SHOWN else None,
        first_page=before is None, campaign=campaign, campaigns=campaigns, kinds=expenses.KINDS, wrong=wrong,
        said=said or {"currency": currency}, done=done if done in VERDICTS else "", desk_here="roi",
    )  # fmt: skip


def _choices(hub: Hub) -> tuple[dict[str, str], str]:
    """name -> title of the campaigns that are in force or were counted, and the currency most is earned in."""
    report = reports.latest(hub, reports.USUAL, WHOLE)
    counted: Mapping[str, Any] = report.document if report else {"campaigns": {}, "ledger": {}}
    names = {name: one["title"] for name, one in counted["campaigns"].items()} | titles_of(hub)
    earned = counted["ledger"]
    return names, max(earned, key=lambda code: earned[code].get("invoiced", 0), default="EUR")


def _back(done: str) -> Response:
    return make_response(redirect(url_for("portal.spending.overview", done=done), 303))
